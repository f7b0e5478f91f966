import { useQuery } from "@tanstack/react-query";
import { getRouteApi, Link } from "@tanstack/react-router";
import { ApiError, api, type Order, read } from "@/api";
import { formatRate } from "@/lib/decimal";
import {
  Amount,
  CommandLine,
  CopyButton,
  copyText,
  ErrorNotice,
  type Fact,
  Facts,
  FlightRecorder,
  IdText,
  Page,
  Panel,
  PreciseTime,
  SkeletonLines,
  toast,
  useCommands,
} from "@/ui";
import { OrderLines } from "./order-lines";
import { Payload } from "./payload";

const route = getRouteApi("/shell/orders/$id");

function useOrder(id: string) {
  return useQuery({
    queryKey: ["orders", "one", id],
    queryFn: ({ signal }) => read(api.GET("/api/orders/{id}", { params: { path: { id } }, signal })),
    // An order never changes.
    staleTime: Number.POSITIVE_INFINITY,
  });
}

function useRecord(id: string) {
  return useQuery({
    queryKey: ["orders", "record", id],
    queryFn: ({ signal }) => read(api.GET("/api/orders/{id}/record", { params: { path: { id } }, signal })),
  });
}

function amountFacts(order: Order): Fact[] {
  return [
    { label: "Gross", value: <Amount value={order.grossAmount} /> },
    { label: `Tax at ${formatRate(order.taxRate ?? "0")}`, value: <Amount value={order.taxAmount} /> },
    { label: "Net", value: <Amount value={order.netAmount} strong /> },
  ];
}

function identityFacts(order: Order): Fact[] {
  const partner = order.partnerId ?? "";
  return [
    { label: "Order id", value: <IdText id={order.id} what="order id" /> },
    { label: "External order id", value: <IdText id={order.externalOrderId} what="external order id" /> },
    {
      label: "Partner",
      value: (
        <Link to="/partners/$id" params={{ id: partner }} className="link">
          {partner}
        </Link>
      ),
    },
    {
      label: "Customer",
      value: (
        <Link
          to="/orders"
          search={{ partner, customer: order.customerId }}
          className="link font-mono text-sm break-all"
        >
          {order.customerId}
        </Link>
      ),
    },
    ...(order.sequenceNumber === undefined
      ? []
      : [{ label: "Sequence number", value: <IdText id={order.sequenceNumber} what="sequence number" /> }]),
    { label: "Mapping version", value: order.mappingVersion ?? 0 },
    { label: "Ingest id", value: <IdText id={order.ingestId} what="ingest id" /> },
  ];
}

function timeFacts(order: Order): Fact[] {
  return [
    { label: "Ordered", value: <PreciseTime value={order.transactionTime} /> },
    { label: "Received", value: <PreciseTime value={order.receivedTime} /> },
    { label: "Stored", value: <PreciseTime value={order.processedAt} /> },
  ];
}

const ordersLink = (
  <Link to="/orders" className="link">
    Orders
  </Link>
);

export function OrderPage() {
  const { id } = route.useParams();
  const { data: order, error, refetch } = useOrder(id);
  useCommands([
    {
      id: "copy order id",
      label: "Copy the order id",
      group: "This page",
      keys: "c",
      run: () => void copyText(id).then((done) => done && toast({ tone: "good", title: "The order id is copied" })),
    },
  ]);
  if (!order) {
    return (
      <Page title="Order" above={ordersLink}>
        {error ? (
          <>
            <ErrorNotice
              error={error}
              title="The order could not be loaded"
              {...(!(error instanceof ApiError && error.isNotFound) && { onRetry: () => void refetch() })}
            />
            <div className="w-fit max-w-full">
              <CommandLine command={`ordermesh orders get ${id}`} />
            </div>
          </>
        ) : (
          <SkeletonLines lines={10} label="Loading the order" />
        )}
      </Page>
    );
  }
  return <OrderDetail order={order} />;
}

function OrderDetail({ order }: { readonly order: Order }) {
  const name = order.externalOrderId ?? order.id ?? "";
  return (
    <Page
      title={`Order ${name}`}
      above={ordersLink}
      heading={
        <span className="inline-flex max-w-full items-center gap-1.5">
          <span className="min-w-0 break-all">{name}</span>
          <CopyButton value={name} what="external order id" />
        </span>
      }
      description={
        <>
          Stored as one order of {order.partnerId}: <Amount value={order.netAmount} />
        </>
      }
    >
      <div className="grid items-start gap-4 xl:grid-cols-[minmax(0,3fr)_minmax(0,2fr)]">
        <div className="flex min-w-0 flex-col gap-4">
          <OrderLines order={order} />
          <Payload order={order} />
        </div>
        <div className="flex min-w-0 flex-col gap-4 xl:row-span-2">
          <Panel title="Amounts">
            <Facts facts={amountFacts(order)} />
          </Panel>
          <Panel title="Identity">
            <Facts facts={identityFacts(order)} />
          </Panel>
          <Panel title="Times">
            <Facts facts={timeFacts(order)} />
          </Panel>
          <Recorder id={order.id ?? ""} />
        </div>
      </div>
    </Page>
  );
}

function Recorder({ id }: { readonly id: string }) {
  const { data, error, refetch } = useRecord(id);
  return (
    <Panel title="Flight recorder" description="Everything that happened to it, oldest first">
      {error && (
        <ErrorNotice error={error} title="The flight recorder could not be loaded" onRetry={() => void refetch()} />
      )}
      {!data && !error && <SkeletonLines lines={6} label="Loading the flight recorder" />}
      {data && <FlightRecorder record={data} about="order" />}
    </Panel>
  );
}
