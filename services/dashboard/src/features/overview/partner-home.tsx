import { Link } from "@tanstack/react-router";
import { ArrowRight } from "lucide-react";
import { runtimeConfig, useSession } from "@/api";
import { formatCount, formatShare } from "@/lib/count";
import { CommandLine, Panel } from "@/ui";
import { Figure, Figures } from "./figure";
import { everybodyNow, formatOrderRate, nothingCame } from "./flow";
import { FlowCharts } from "./flow-charts";
import { ServiceBadge } from "./health-panel";
import type { OverviewContentsProps } from "./operator-overview";
import { WaitingPanel } from "./waiting-panel";

/** A partner's first page: its own figures, what waits for it, and how to send orders. */
export function PartnerHome({ overview, samples, partners, drawn }: OverviewContentsProps) {
  const session = useSession();
  const own = everybodyNow(samples);
  const services = overview.services ?? [];
  const away = services.filter(({ serving }) => !serving).map(({ name }) => name);
  const id = session.partnerId ?? "";
  const origin = runtimeConfig().apiBase || location.origin;
  return (
    <>
      <Figures>
        <Figure label="Orders a minute" value={formatOrderRate(own.rate)} note="over the last minute" />
        <Figure
          label="Rejected"
          value={own.rejection === null ? "–" : formatShare(own.rejection)}
          note={own.rejection === null ? nothingCame(samples) : "over five minutes"}
        />
        <Figure label="Open errors" value={formatCount(own.open)} note={`of ${formatCount(own.errors)} in all`} />
        <Figure label="Orders in all" value={formatCount(own.orders)} note="each of them exactly once" />
      </Figures>
      <WaitingPanel partners={partners} portal />
      <FlowCharts samples={samples} partners={drawn} />
      <div className="grid items-start gap-4 lg:grid-cols-2">
        <Panel title="The mesh" actions={<ServiceBadge serving={away.length === 0} />}>
          <p className="text-soft">
            {away.length === 0
              ? "Every service answers. Orders are taken."
              : `Away: ${away.join(", ")}. Send again what was not answered: it becomes one order all the same.`}
          </p>
        </Panel>
        <Panel title="Send an order">
          <div className="flex flex-col gap-2">
            <CommandLine command={`curl -H "X-API-Key: $KEY" --json @order.json ${origin}/api/feed/${id}`} />
            <p className="text-soft">
              The answer is a verdict: created, replayed, or refused with every reason.{" "}
              <Link to="/partners/$id" params={{ id }} className="link inline-flex items-center gap-1">
                Keys and limits <ArrowRight aria-hidden="true" className="size-3.5" />
              </Link>
            </p>
          </div>
        </Panel>
      </div>
    </>
  );
}
