import { TriangleAlert } from "lucide-react";
import { useMemo } from "react";
import { isPartner, useSession } from "@/api";
import { ErrorNotice, LiveState, Page, SkeletonLines } from "@/ui";
import { drawnPartners, partnersNow } from "./flow";
import { OperatorOverview } from "./operator-overview";
import { PartnerHome } from "./partner-home";
import { useOverview } from "./use-overview";

/** The first page: how the mesh is doing, or for a partner how its orders are doing. */
export function OverviewPage() {
  const session = useSession();
  const { status, overview, samples } = useOverview();
  const partners = useMemo(() => partnersNow(samples), [samples]);
  const drawnKey = drawnPartners(partners).join("\n");
  const drawn = useMemo(() => (drawnKey ? drawnKey.split("\n") : []), [drawnKey]);
  const asOf = overview?.time ? new Date(overview.time) : undefined;
  const portal = isPartner(session);
  const Contents = portal ? PartnerHome : OperatorOverview;
  return (
    <Page
      title={portal ? "Home" : "Overview"}
      heading={portal ? session.partnerId : "Overview"}
      description={portal ? "Your orders, and what became of them" : undefined}
      actions={<LiveState status={status} asOf={asOf} />}
    >
      {status.state === "ended" && status.error && (
        <ErrorNotice error={status.error} title="The overview is no longer live" onRetry={() => location.reload()} />
      )}
      {overview?.stale && (
        <p role="status" className="flex items-start gap-2 rounded-lg bg-warn-wash px-3 py-2 text-warn">
          <TriangleAlert aria-hidden="true" className="mt-0.5 size-4 shrink-0" />
          Totals are as they were: a store does not answer at the moment. They go on by themselves when it is back.
        </p>
      )}
      {!overview && status.state !== "ended" && <SkeletonLines lines={8} label="Loading the overview" />}
      {overview && <Contents overview={overview} samples={samples} partners={partners} drawn={drawn} />}
    </Page>
  );
}
