import type { OrderError } from "@/api";
import { shortId } from "@/lib/ids";
import { Ago, Badge, type Column, RowLink, StateBadge, Time } from "@/ui";
import { summary } from "./words";

function ErrorLink({ error }: { readonly error: OrderError }) {
  return <RowLink href={`/errors/${error.id ?? ""}`}>{error.externalOrderId || shortId(error.id)}</RowLink>;
}

export const ERROR_COLUMNS: readonly Column<OrderError>[] = [
  { id: "order", header: "Order", width: 205, grow: 2, cell: (error) => <ErrorLink error={error} /> },
  {
    id: "what",
    header: "What is wrong",
    width: 190,
    grow: 3,
    cell: (error) => <span title={summary(error)}>{summary(error)}</span>,
  },
  { id: "partner", header: "Partner", width: 95, cell: ({ partnerId }) => partnerId },
  { id: "status", header: "Status", width: 105, cell: ({ status }) => <StateBadge state={status} /> },
  {
    id: "assignee",
    header: "Works on it",
    width: 100,
    cell: ({ assignee }) => assignee || <span className="text-faint">nobody</span>,
  },
  {
    id: "tags",
    header: "Tags",
    width: 80,
    cell: ({ tags }) => (
      <span className="flex gap-1">
        {(tags ?? []).map((tag) => (
          <Badge key={tag}>{tag}</Badge>
        ))}
      </span>
    ),
  },
  { id: "received", header: "Received", width: 175, cell: ({ receivedTime }) => <Time value={receivedTime} /> },
  { id: "changed", header: "Last change", width: 135, cell: ({ updateTime }) => <Ago value={updateTime} /> },
];

/** A row on a narrow screen. */
function CompactError({ error }: { readonly error: OrderError }) {
  return (
    <div className="flex flex-col gap-0.5">
      <div className="flex items-baseline justify-between gap-3">
        <span className="min-w-0 truncate">
          <ErrorLink error={error} />
        </span>
        <StateBadge state={error.status} />
      </div>
      <p className="truncate">{summary(error)}</p>
      <div className="flex justify-between gap-3 text-sm text-soft">
        <span className="truncate">{error.partnerId}</span>
        <Ago value={error.updateTime} />
      </div>
    </div>
  );
}

export const compactError = (error: OrderError) => <CompactError error={error} />;
