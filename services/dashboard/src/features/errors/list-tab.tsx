import { useNavigate } from "@tanstack/react-router";
import { ArrowUp, CircleCheck } from "lucide-react";
import { useMemo, useState } from "react";
import { useSession, canRepair } from "@/api";
import { countOf, formatCount } from "@/lib/count";
import {
  Button,
  EmptyState,
  ErrorNotice,
  ExportMenu,
  LiveState,
  SavedViews,
  SkeletonLines,
  Spinner,
  VirtualTable,
} from "@/ui";
import { BulkMenu } from "./bulk-menu";
import { compactError, ERROR_COLUMNS } from "./columns";
import { FilterBar } from "./filter-bar";
import { commandOptions, hasFilter, listQuery, onlyFilter } from "./filters";
import { IdSearch } from "./id-search";
import { type ErrorsFilter, type ErrorsSearch, errorsSearch } from "./search";
import { type Errors, useErrors } from "./use-errors";

/** Says how many came since the list was loaded; nothing moves until it is clicked. */
function NewErrors({ errors, onShow }: { readonly errors: Errors; onShow(): void }) {
  const { waiting, perhaps } = errors.fresh;
  if (waiting.size === 0 && !perhaps) return null;
  return (
    <div className="pointer-events-none absolute inset-x-0 top-11 z-20 flex justify-center">
      <Button
        tone="primary"
        size="small"
        icon={<ArrowUp aria-hidden="true" className="size-3.5" />}
        onClick={onShow}
        className="pointer-events-auto rounded-full! px-3! shadow-raised"
      >
        <span role="status">{waiting.size > 0 ? `${formatCount(waiting.size)} new` : "There may be new ones"}</span>
      </Button>
    </div>
  );
}

function Footer({ errors }: { readonly errors: Errors }) {
  const { list, rows } = errors;
  if (list.isFetchNextPageError) {
    return (
      <ErrorNotice
        error={list.error}
        title="More errors could not be loaded"
        onRetry={() => void list.fetchNextPage()}
      />
    );
  }
  if (list.hasNextPage) return <Spinner label={`${formatCount(rows.length)} errors so far, loading more`} />;
  return <span className="text-sm text-faint">These are all: {countOf(rows.length, "error")}.</span>;
}

function Empty({ filter, onClear }: { readonly filter: ErrorsFilter; onClear(): void }) {
  const filtered = hasFilter(filter);
  return (
    <EmptyState
      icon={CircleCheck}
      title={filtered ? "No error matches these filters" : "No errors"}
      command={`ordermesh errors list${commandOptions(filter)}`}
      actions={filtered && <Button onClick={onClear}>Clear the filters</Button>}
    >
      {filtered
        ? "Texts and ids have to be exact. Resolved errors are kept for a while, then expire."
        : "Every order that came was created. What is refused shows here within seconds."}
    </EmptyState>
  );
}

export function ListTab({ search }: { readonly search: ErrorsSearch }) {
  const navigate = useNavigate();
  const session = useSession();
  const shape = JSON.stringify(onlyFilter(search));
  const filter = useMemo(() => JSON.parse(shape) as ErrorsFilter, [shape]);
  const apply = (next: ErrorsFilter) => void navigate({ to: "/errors", search: { tab: "list", ...onlyFilter(next) } });
  return (
    <>
      <div className="flex flex-wrap items-center gap-2">
        <IdSearch onFilter={apply} />
        <div className="flex flex-wrap items-center gap-2 sm:ml-auto">
          <SavedViews page="errors" current={{ ...filter }} onApply={(view) => apply(errorsSearch({ ...view }))} />
          <ExportMenu what="errors" query={listQuery(filter)} ndjson="with every violation" />
          {canRepair(session) && <BulkMenu filter={filter} session={session} />}
        </div>
      </div>
      <FilterBar filter={filter} onChange={apply} />
      <List key={shape} filter={filter} onClear={() => apply({})} />
    </>
  );
}

function List({ filter, onClear }: { readonly filter: ErrorsFilter; onClear(): void }) {
  const errors = useErrors(filter);
  const navigate = useNavigate();
  const [shownAt, setShownAt] = useState(0);
  const { list, rows } = errors;
  const showNew = () => {
    errors.showNew();
    setShownAt(shownAt + 1);
  };
  return (
    <>
      <div className="-mb-2 flex flex-wrap items-center gap-x-4">
        <LiveState status={errors.status} />
        {list.isSuccess && (
          <span className="text-sm text-faint">
            {countOf(rows.length, "error")}
            {list.hasNextPage && " so far"}, last changed first
          </span>
        )}
      </div>
      {list.isError && rows.length === 0 && (
        <ErrorNotice error={list.error} title="The errors could not be loaded" onRetry={() => void list.refetch()} />
      )}
      <div className="relative flex min-h-64 flex-1 flex-col overflow-hidden rounded-lg border border-line bg-surface">
        <NewErrors errors={errors} onShow={showNew} />
        {list.isPending && (
          <div className="p-4">
            <SkeletonLines lines={10} label="Loading errors" />
          </div>
        )}
        {list.isSuccess && (
          <VirtualTable
            label="Errors"
            rows={rows}
            columns={ERROR_COLUMNS}
            rowKey={({ id }) => id ?? ""}
            onOpen={({ id }) => void navigate({ to: "/errors/$id", params: { id: id ?? "" } })}
            compact={compactError}
            compactHeight={84}
            onEndReached={errors.loadMore}
            scrollKey={shownAt}
            footer={<Footer errors={errors} />}
            empty={<Empty filter={filter} onClear={onClear} />}
          />
        )}
      </div>
    </>
  );
}
