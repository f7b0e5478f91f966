import { Link } from "@tanstack/react-router";
import { type CSSProperties, useMemo } from "react";
import type { Order, OrderLine } from "@/api";
import { countOf } from "@/lib/count";
import { formatDecimalText } from "@/lib/decimal";
import { lineTotal } from "@/lib/money";
import { Amount, type Column, Panel, VirtualTable } from "@/ui";

interface NumberedLine extends OrderLine {
  readonly number: number;
}

function columnsOf(partner: string): Column<NumberedLine>[] {
  return [
    { id: "number", header: "Line", width: 64, align: "end", cell: ({ number }) => number },
    {
      id: "product",
      header: "Product",
      width: 160,
      grow: 1,
      cell: ({ productId }) => (
        <Link
          to="/orders"
          search={{ partner, product: productId }}
          className="link font-mono text-sm"
          title={`Orders with ${productId}`}
        >
          {productId}
        </Link>
      ),
    },
    {
      id: "quantity",
      header: "Quantity",
      width: 110,
      align: "end",
      cell: ({ quantity }) => formatDecimalText(quantity),
    },
    { id: "price", header: "Unit price", width: 150, align: "end", cell: (line) => <Amount value={line.unitPrice} /> },
    {
      id: "total",
      header: "Total",
      width: 130,
      align: "end",
      cell: ({ quantity, unitPrice }) => lineTotal(quantity, unitPrice) ?? "",
    },
  ];
}

const ROW = 34;
const COMPACT_ROW = 56;
const SHOWN = 12;

/** A line on a narrow screen. */
function CompactLine({ line }: { readonly line: NumberedLine }) {
  return (
    <div className="flex flex-col">
      <div className="flex items-baseline justify-between gap-3">
        <span className="truncate font-mono text-sm">{line.productId}</span>
        <span>{lineTotal(line.quantity, line.unitPrice)}</span>
      </div>
      <span className="text-sm text-soft">
        {formatDecimalText(line.quantity)} at <Amount value={line.unitPrice} />
      </span>
    </div>
  );
}

/** Enough for all lines in either look of the table, narrow below 40rem, and for the header of the wide one. */
const heightsOf = (lines: number): CSSProperties & Record<`--${string}`, string> => ({
  maxHeight: ROW * (SHOWN + 1),
  "--narrow": `${COMPACT_ROW * lines + 2}px`,
  "--wide": `${ROW * (lines + 1) + 2}px`,
});

/** The lines of an order: up to 10,000, of which only those in sight are in the document. */
export function OrderLines({ order }: { readonly order: Order }) {
  const partner = order.partnerId ?? "";
  const columns = useMemo(() => columnsOf(partner), [partner]);
  const lines = useMemo(() => (order.lines ?? []).map((line, index) => ({ ...line, number: index + 1 })), [order]);
  return (
    <Panel title="Lines" description={countOf(lines.length, "line")} flush>
      <div className="@container">
        <div className="flex h-(--narrow) flex-col @min-[40rem]:h-(--wide)" style={heightsOf(lines.length)}>
          <VirtualTable
            label="Lines of the order"
            rows={lines}
            columns={columns}
            rowKey={({ number }) => String(number)}
            rowHeight={ROW}
            compact={(line) => <CompactLine line={line} />}
            compactHeight={COMPACT_ROW}
          />
        </div>
      </div>
    </Panel>
  );
}
