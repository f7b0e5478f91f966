import { Check, X } from "lucide-react";
import type { LatencySummary, ServiceOverview } from "@/api";
import { formatBytes, formatCount } from "@/lib/count";
import { Badge, Panel } from "@/ui";

const FIGURES: Readonly<Record<string, { label: string; format(value: number): string }>> = {
  queuedBytes: { label: "queued", format: formatBytes },
  waiting: { label: "waiting", format: (value) => formatCount(Math.round(value)) },
  inFlight: { label: "in flight", format: (value) => formatCount(Math.round(value)) },
  indexLag: { label: "index lag", format: (value) => formatCount(Math.round(value)) },
  watchers: { label: "watchers", format: (value) => formatCount(Math.round(value)) },
};

export function ServiceBadge({ serving }: { readonly serving: boolean }) {
  return serving ? (
    <Badge tone="good" icon={Check}>
      Serving
    </Badge>
  ) : (
    <Badge tone="bad" icon={X}>
      Not serving
    </Badge>
  );
}

/** Every service: whether it serves, and what waits in it. */
export function ServicesPanel({ services }: { readonly services: readonly ServiceOverview[] }) {
  return (
    <Panel title="Services" description="Health, and what waits in each" flush>
      <ul>
        {services.map(({ name, serving, figures }) => (
          <li
            key={name}
            className="flex items-center justify-between gap-x-4 border-b border-line px-4 py-2 last:border-0"
          >
            <span className="flex min-w-0 flex-col">
              <span className="font-medium">{name}</span>
              <span className="text-sm text-soft">
                {(figures ?? []).map((figure, index) => {
                  const known = FIGURES[figure.name ?? ""];
                  const value = figure.value ?? 0;
                  return (
                    <span key={figure.name}>
                      {index > 0 && ", "}
                      {known ? `${known.format(value)} ${known.label}` : `${formatCount(value)} ${figure.name ?? ""}`}
                    </span>
                  );
                })}
              </span>
            </span>
            <ServiceBadge serving={serving ?? false} />
          </li>
        ))}
      </ul>
    </Panel>
  );
}

const CALLS: Readonly<Record<string, string>> = {
  orders: "One order",
  batches: "Batches",
  queries: "Queries",
  verdicts: "Verdicts",
};

export function formatLatency(milliseconds: number | undefined): string {
  const value = milliseconds ?? 0;
  if (value >= 1000) return `${(value / 1000).toFixed(1)} s`;
  return `${value < 10 ? value.toFixed(1) : Math.round(value)} ms`;
}

const cell = "px-4 py-2 text-right whitespace-nowrap";

/** How long calls took in the last minute. */
export function LatencyPanel({ latencies }: { readonly latencies: readonly LatencySummary[] }) {
  return (
    <Panel title="Latency" description="Calls that ended in the last minute" flush>
      <table className="w-full border-collapse">
        <thead className="bg-sunken text-xs text-soft">
          <tr>
            <th scope="col" className="px-4 py-2 text-left font-medium">
              Kind of call
            </th>
            {["Calls", "50 %", "95 %", "99 %"].map((name) => (
              <th key={name} scope="col" className={`${cell} font-medium`}>
                {name}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {latencies.map(({ name, count, p50Ms, p95Ms, p99Ms }) => {
            const none = (count ?? "0") === "0";
            return (
              <tr key={name} className="border-t border-line">
                <th scope="row" className="px-4 py-2 text-left font-medium">
                  {CALLS[name ?? ""] ?? name}
                </th>
                <td className={cell}>{formatCount(count)}</td>
                {[p50Ms, p95Ms, p99Ms].map((value, index) => (
                  <td key={index} className={cell}>
                    {none ? <span className="text-faint">–</span> : formatLatency(value)}
                  </td>
                ))}
              </tr>
            );
          })}
        </tbody>
      </table>
    </Panel>
  );
}
