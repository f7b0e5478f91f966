import { getRouteApi, useNavigate } from "@tanstack/react-router";
import { ArrowUp, Boxes, Columns3, RefreshCw } from "lucide-react";
import { useState } from "react";
import { countOf, formatCount } from "@/lib/count";
import { usePreference } from "@/lib/preference";
import {
  Button,
  EmptyState,
  ErrorNotice,
  ExportMenu,
  LiveState,
  Menu,
  MenuCheckbox,
  MenuLabel,
  Page,
  SavedViews,
  SkeletonLines,
  Spinner,
  VirtualTable,
} from "@/ui";
import { compactOrder, hiddenColumns, ORDER_COLUMNS } from "./columns";
import { Filters } from "./filters";
import { IdSearch } from "./id-search";
import { filterCount, listCommand, queryOf } from "./order-row";
import { ordersSearch, type OrdersSearch } from "./search";
import { type Orders, useOrders } from "./use-orders";

const route = getRouteApi("/shell/orders");

function ColumnMenu() {
  const [hidden, setHidden] = usePreference(hiddenColumns);
  return (
    <Menu
      trigger={
        <Button icon={<Columns3 aria-hidden="true" className="size-4" />} className="max-sm:hidden">
          Columns
        </Button>
      }
    >
      <MenuLabel>Columns</MenuLabel>
      {ORDER_COLUMNS.slice(1).map(({ id, header }) => (
        <MenuCheckbox
          key={id}
          checked={!hidden.includes(id)}
          onChange={(shown) => setHidden(shown ? hidden.filter((other) => other !== id) : [...hidden, id])}
        >
          {header}
        </MenuCheckbox>
      ))}
    </Menu>
  );
}

/** Says how many came since the list was loaded; nothing moves until it is clicked. */
function NewOrders({ orders, onShow }: { readonly orders: Orders; onShow(): void }) {
  const { waiting, overflow } = orders.fresh;
  if (waiting.length === 0 && !overflow) return null;
  const Icon = overflow ? RefreshCw : ArrowUp;
  return (
    <div className="pointer-events-none absolute inset-x-0 top-11 z-20 flex justify-center">
      <Button
        tone="primary"
        size="small"
        icon={<Icon aria-hidden="true" className="size-3.5" />}
        onClick={onShow}
        className="pointer-events-auto rounded-full! px-3! shadow-raised"
      >
        <span role="status">{overflow ? "Many new orders: load anew" : `${formatCount(waiting.length)} new`}</span>
      </Button>
    </div>
  );
}

function Footer({ orders }: { readonly orders: Orders }) {
  const { list, rows } = orders;
  if (list.isFetchNextPageError) {
    return (
      <ErrorNotice
        error={list.error}
        title="More orders could not be loaded"
        onRetry={() => void list.fetchNextPage()}
      />
    );
  }
  if (list.hasNextPage) return <Spinner label={`${formatCount(rows.length)} orders so far, loading more`} />;
  return <span className="text-sm text-faint">These are all: {countOf(rows.length, "order")}.</span>;
}

function Empty({ search, onClear }: { readonly search: OrdersSearch; onClear(): void }) {
  const filtered = filterCount(search) > 0;
  return (
    <EmptyState
      icon={Boxes}
      title={filtered ? "No order matches these filters" : "No orders yet"}
      command={filtered ? listCommand(search) : "ordermesh import --partner PARTNER FILE"}
      actions={filtered && <Button onClick={onClear}>Clear the filters</Button>}
    >
      {filtered
        ? "Ids have to be whole and exact. Orders that were refused are under Errors."
        : "They show here within seconds of their arrival. This sends a file of orders:"}
    </EmptyState>
  );
}

export function OrdersPage() {
  const search = route.useSearch();
  const navigate = useNavigate();
  const orders = useOrders(search);
  const [hidden] = usePreference(hiddenColumns);
  const [shownAt, setShownAt] = useState(0);
  const { list, rows } = orders;
  const apply = (next: OrdersSearch) => void navigate({ to: "/orders", search: next });
  const showNew = () => {
    orders.showNew();
    setShownAt(shownAt + 1);
  };
  return (
    <Page
      title="Orders"
      filled
      description={
        <span className="flex items-center gap-3">
          <LiveState status={orders.status} />
          {filterCount(search) > 0 && (
            <Button tone="quiet" size="small" onClick={() => apply({})}>
              Clear the filters
            </Button>
          )}
        </span>
      }
      actions={
        <>
          <IdSearch onFilter={apply} />
          <SavedViews page="orders" current={{ ...search }} onApply={(view) => apply(ordersSearch(view))} />
          <ColumnMenu />
          <ExportMenu what="orders" query={queryOf(search)} ndjson="every digit and line" />
        </>
      }
    >
      <Filters search={search} onChange={apply} />
      {list.isError && rows.length === 0 && (
        <ErrorNotice error={list.error} title="The orders could not be loaded" onRetry={() => void list.refetch()} />
      )}
      <div className="relative flex min-h-64 flex-1 flex-col overflow-hidden rounded-lg border border-line bg-surface">
        <NewOrders orders={orders} onShow={showNew} />
        {list.isPending && (
          <div className="p-4">
            <SkeletonLines lines={10} label="Loading orders" />
          </div>
        )}
        {list.isSuccess && (
          <VirtualTable
            label="Orders"
            rows={rows}
            columns={ORDER_COLUMNS}
            hidden={hidden}
            rowKey={(row) => row.id}
            onOpen={(row) => void navigate({ to: "/orders/$id", params: { id: row.id } })}
            compact={compactOrder}
            compactHeight={60}
            onEndReached={orders.loadMore}
            scrollKey={`${JSON.stringify(search)} ${shownAt}`}
            footer={<Footer orders={orders} />}
            empty={<Empty search={search} onClear={() => apply({})} />}
          />
        )}
      </div>
    </Page>
  );
}
