import { keepPreviousData, useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { ArrowRight, CircleCheck, Wrench } from "lucide-react";
import { useMemo } from "react";
import { api, read } from "@/api";
import { countOf, formatCount } from "@/lib/count";
import { describeViolation } from "@/lib/violations";
import { buttonClass, EmptyState, ErrorNotice, Panel, SkeletonLines } from "@/ui";
import type { PartnerNow } from "./flow";
import { type WaitingGroup, type WaitingPartner, waitingPartners } from "./waiting";

const REFRESH = 10_000;
const SHOWN_GROUPS = 3;

/** The key follows the totals, so that new errors show at once; the interval catches what is decided meanwhile. */
function useGroups(total: bigint) {
  return useQuery({
    queryKey: ["overview", "groups", total.toString()],
    queryFn: ({ signal }) => read(api.GET("/api/error-groups", { params: { query: { pageSize: 200 } }, signal })),
    refetchInterval: REFRESH,
    placeholderData: keepPreviousData,
  });
}

export interface WaitingPanelProps {
  readonly partners: readonly PartnerNow[];
  /** A partner's own page does not repeat its name. */
  readonly portal?: boolean;
}

/** Errors that somebody has to decide on, and the way to repair them. */
export function WaitingPanel({ partners, portal = false }: WaitingPanelProps) {
  const total = partners.reduce((sum, { errors, open }) => sum + errors * 1_000_003n + open, 0n);
  const { data, error, refetch } = useGroups(total);
  const waiting = useMemo(
    () => waitingPartners(data?.groups ?? [], new Map(partners.map(({ partner, open }) => [partner, open]))),
    [data, partners],
  );
  return (
    <Panel
      title="Waiting for a decision"
      description="Orders that were refused. Nothing is lost: each can be put right and sent again."
      flush
    >
      {error && (
        <div className="p-4">
          <ErrorNotice error={error} title="What waits could not be loaded" onRetry={() => void refetch()} />
        </div>
      )}
      {!data && !error && (
        <div className="p-4">
          <SkeletonLines lines={4} />
        </div>
      )}
      {data && waiting.length === 0 && (
        <EmptyState icon={CircleCheck} title="Nothing waits" command="ordermesh errors groups">
          Every refused order has been repaired or given up.
        </EmptyState>
      )}
      <ul>
        {waiting.map((one) => (
          <Waiting key={one.partner} waiting={one} portal={portal} />
        ))}
      </ul>
    </Panel>
  );
}

function Waiting({ waiting, portal }: { readonly waiting: WaitingPartner; readonly portal: boolean }) {
  const { partner, open, groups } = waiting;
  const [first] = groups;
  const rest = groups.length - SHOWN_GROUPS;
  return (
    <li className="flex flex-wrap items-center gap-x-4 gap-y-2 border-b border-line px-4 py-3 last:border-b-0">
      {!portal && (
        <div className="w-28 min-w-0">
          <p className="truncate font-semibold">{partner}</p>
          <p className="text-sm text-soft">
            {open === undefined ? countOf(groups.length, "kind") : countOf(open, "open error")}
          </p>
        </div>
      )}
      <ul className="flex min-w-56 flex-1 flex-col gap-0.5">
        {groups.slice(0, SHOWN_GROUPS).map((group) => (
          <li key={`${group.code} ${group.field}`}>
            <GroupLink partner={partner} group={group} />
          </li>
        ))}
        {rest > 0 && <li className="text-sm text-faint">and {countOf(rest, "more kind")}</li>}
      </ul>
      {first && (
        <Link
          to="/errors"
          search={{ tab: "list", partner, code: first.code, field: first.field, status: "OPEN" }}
          className={buttonClass("primary", "medium")}
        >
          <Wrench aria-hidden="true" className="size-4" />
          Repair<span className="sr-only"> errors of {partner}</span>
        </Link>
      )}
    </li>
  );
}

function GroupLink({ partner, group }: { readonly partner: string; readonly group: WaitingGroup }) {
  return (
    <Link
      to="/errors"
      search={{ tab: "list", partner, code: group.code, field: group.field, status: "OPEN" }}
      className="group inline-flex max-w-full items-center gap-2 rounded hover:text-accent"
    >
      <span className="w-10 shrink-0 text-right font-semibold tabular-nums">{formatCount(group.open)}</span>
      <span className="truncate">{describeViolation(group.code, group.field)}</span>
      <ArrowRight aria-hidden="true" className="size-3.5 shrink-0 opacity-0 group-hover:opacity-100" />
    </Link>
  );
}
