import { createPreference } from "@/lib/preference";
import { Ago, Amount, type Column, RowLink, Time } from "@/ui";
import type { OrderRow } from "./order-row";

const mono = (text: string | undefined) => <span className="font-mono text-sm">{text}</span>;

export const ORDER_COLUMNS: readonly Column<OrderRow>[] = [
  {
    id: "external",
    header: "External order id",
    width: 200,
    grow: 2,
    cell: (row) => <RowLink href={`/orders/${row.id}`}>{row.externalOrderId}</RowLink>,
  },
  { id: "partner", header: "Partner", width: 120, grow: 1, cell: (row) => row.partnerId },
  { id: "customer", header: "Customer", width: 130, grow: 1, cell: (row) => mono(row.customerId) },
  { id: "lines", header: "Lines", width: 70, align: "end", cell: (row) => row.lineCount },
  { id: "net", header: "Net", width: 140, align: "end", cell: (row) => <Amount value={row.netAmount} /> },
  { id: "gross", header: "Gross", width: 140, align: "end", cell: (row) => <Amount value={row.grossAmount} /> },
  { id: "tax", header: "Tax", width: 130, align: "end", cell: (row) => <Amount value={row.taxAmount} /> },
  { id: "ordered", header: "Ordered", width: 175, cell: (row) => <Time value={row.transactionTime} /> },
  { id: "received", header: "Received", width: 175, cell: (row) => <Time value={row.receivedTime} /> },
  { id: "stored", header: "Stored", width: 175, cell: (row) => <Time value={row.processedAt} /> },
  { id: "age", header: "Age", width: 130, cell: (row) => <Ago value={row.processedAt} /> },
  { id: "sequence", header: "Sequence no.", width: 120, align: "end", cell: (row) => mono(row.sequenceNumber) },
  { id: "mapping", header: "Mapping", width: 90, align: "end", cell: (row) => row.mappingVersion },
  { id: "id", header: "Order id", width: 310, cell: (row) => mono(row.id) },
];

const HIDDEN_AT_FIRST = ["gross", "tax", "received", "age", "sequence", "mapping", "id"];

/** Which columns are not shown. The first one always is: it leads to the order. */
export const hiddenColumns = createPreference<readonly string[]>("orders.hidden", HIDDEN_AT_FIRST, (stored) =>
  Array.isArray(stored) ? stored.filter((id): id is string => typeof id === "string") : undefined,
);

/** A row on a narrow screen. */
function CompactOrder({ row }: { readonly row: OrderRow }) {
  return (
    <div className="flex flex-col gap-0.5">
      <div className="flex items-baseline justify-between gap-3">
        <span className="min-w-0 truncate">
          <RowLink href={`/orders/${row.id}`}>{row.externalOrderId}</RowLink>
        </span>
        <Amount value={row.netAmount} />
      </div>
      <div className="flex justify-between gap-3 text-sm text-soft">
        <span className="truncate">{row.partnerId}</span>
        <Time value={row.processedAt} />
      </div>
    </div>
  );
}

export const compactOrder = (row: OrderRow) => <CompactOrder row={row} />;
