import type { Overview } from "@/api";
import { formatCount, formatShare } from "@/lib/count";
import { Figure, Figures } from "./figure";
import { everybodyNow, formatOrderRate, nothingCame, type PartnerNow, type Sample } from "./flow";
import { FlowCharts } from "./flow-charts";
import { LatencyPanel, ServicesPanel } from "./health-panel";
import { PartnerTable } from "./partner-table";
import { WaitingPanel } from "./waiting-panel";

export interface OverviewContentsProps {
  readonly overview: Overview;
  readonly samples: readonly Sample[];
  readonly partners: readonly PartnerNow[];
  readonly drawn: readonly string[];
}

export function OperatorOverview({ overview, samples, partners, drawn }: OverviewContentsProps) {
  const all = everybodyNow(samples);
  const services = overview.services ?? [];
  const away = services.filter(({ serving }) => !serving).length;
  return (
    <>
      <Figures>
        <Figure label="Orders a minute" value={formatOrderRate(all.rate)} note="over the last minute" />
        <Figure
          label="Rejected"
          value={all.rejection === null ? "–" : formatShare(all.rejection)}
          note={all.rejection === null ? nothingCame(samples) : "over five minutes"}
        />
        <Figure label="Open errors" value={formatCount(all.open)} note={`of ${formatCount(all.errors)} in all`} />
        <Figure
          label="Orders in all"
          value={formatCount(all.orders)}
          note={`${formatCount(partners.length)} partners`}
        />
        <Figure
          label="Services"
          value={away === 0 ? "All serving" : `${away} away`}
          note={`${services.length} in all`}
          {...(away > 0 && { tone: "bad" as const })}
        />
      </Figures>
      <div className="grid items-start gap-4 xl:grid-cols-[minmax(0,3fr)_minmax(0,2fr)]">
        <div className="flex min-w-0 flex-col gap-4">
          <WaitingPanel partners={partners} />
          <FlowCharts samples={samples} partners={drawn} />
          <PartnerTable partners={partners} drawn={drawn} />
        </div>
        <div className="flex min-w-0 flex-col gap-4">
          <ServicesPanel services={services} />
          <LatencyPanel latencies={overview.latencies ?? []} />
        </div>
      </div>
    </>
  );
}
