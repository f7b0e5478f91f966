import { Link } from "@tanstack/react-router";
import { formatCount, formatShare } from "@/lib/count";
import { Panel } from "@/ui";
import { formatOrderRate, type PartnerNow } from "./flow";
import { SeriesLine } from "./series-line";

export interface PartnerTableProps {
  readonly partners: readonly PartnerNow[];
  /** Those with a line in the charts, in the order of their colours. */
  readonly drawn: readonly string[];
}

const number = "px-4 py-1.5 text-right whitespace-nowrap";

/** How each partner stands: the legend of the charts with the current values, and the totals. */
export function PartnerTable({ partners, drawn }: PartnerTableProps) {
  return (
    <Panel title="Partners" flush>
      {/* A region that scrolls must be within reach of the keyboard. */}
      {/* eslint-disable-next-line jsx-a11y/no-noninteractive-tabindex */}
      <div role="region" aria-label="Partners" tabIndex={0} className="scroll-thin max-h-96 overflow-auto">
        <table className="w-full border-collapse">
          <thead className="sticky top-0 bg-sunken text-xs text-soft">
            <tr>
              <th scope="col" className="px-4 py-2 text-left font-medium">
                Partner
              </th>
              {["Orders a minute", "Rejected", "Open errors", "Orders in all", "Errors in all"].map((name) => (
                <th key={name} scope="col" className={`${number} font-medium`}>
                  {name}
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            {partners.map(({ partner, rate, rejection, open, orders, errors }) => (
              <tr key={partner} className="border-t border-line">
                <th scope="row" className="px-4 py-1.5 text-left font-medium">
                  <span className="flex items-center gap-2">
                    <SeriesLine colour={drawn.indexOf(partner)} />
                    <Link to="/partners/$id" params={{ id: partner }} className="link">
                      {partner}
                    </Link>
                  </span>
                </th>
                <td className={number}>{formatOrderRate(rate)}</td>
                <td className={number}>{rejection === null ? "–" : formatShare(rejection)}</td>
                <td className={number}>{formatCount(open)}</td>
                <td className={number}>
                  <Link to="/orders" search={{ partner }} className="link">
                    {formatCount(orders)}
                    <span className="sr-only"> orders of {partner}</span>
                  </Link>
                </td>
                <td className={number}>{formatCount(errors)}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
    </Panel>
  );
}
