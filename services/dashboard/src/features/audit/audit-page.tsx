import { getRouteApi, Link } from "@tanstack/react-router";
import { History, RefreshCw } from "lucide-react";
import { useCallback, useMemo } from "react";
import { type ErrorEvent, isPartner, useSession } from "@/api";
import { countOf } from "@/lib/count";
import { Button, type Column, EmptyState, ErrorNotice, Page, SkeletonLines, Spinner, Time, VirtualTable } from "@/ui";
import { AuditFilters } from "./audit-filters";
import { ChainNotice } from "./chain-notice";
import { type ChainState, hashOf } from "./chain";
import { EventDialog, LinkBadge } from "./event-dialog";
import { actorName, statusChange, whatHappened } from "./sentence";
import { useEvents } from "./use-events";

const route = getRouteApi("/shell/audit");
const frame =
  "flex min-h-0 flex-1 flex-col overflow-hidden rounded-lg border border-line bg-surface shadow-card max-sm:min-h-96";

function EventLink({ event }: { readonly event: ErrorEvent }) {
  return (
    <route.Link to="/audit" search={(old) => ({ ...old, event: event.number })} className="link tabular-nums underline">
      {event.number}
    </route.Link>
  );
}

function Sentence({ event }: { readonly event: ErrorEvent }) {
  const change = statusChange(event);
  return (
    <span title={event.note}>
      <span className="font-medium">{actorName(event.actor)}</span> {whatHappened(event)}
      {change && <span className="text-soft">, {change}</span>}
      {event.note && !event.note.startsWith("{") && <span className="text-soft">: {event.note}</span>}
    </span>
  );
}

function columnsOf(chain: ChainState): readonly Column<ErrorEvent>[] {
  return [
    { id: "number", header: "Event", width: 76, cell: (event) => <EventLink event={event} /> },
    { id: "time", header: "Time", width: 184, cell: (event) => <Time value={event.time} /> },
    { id: "what", header: "What was done", width: 340, grow: 4, cell: (event) => <Sentence event={event} /> },
    { id: "partner", header: "Partner", width: 120, cell: (event) => event.partnerId || "all" },
    {
      id: "error",
      header: "Error",
      width: 96,
      cell: (event) => <code className="font-mono text-sm">{event.errorId?.slice(0, 8) || "none"}</code>,
    },
    {
      id: "hash",
      header: "Hash",
      width: 96,
      cell: (event) => <code className="font-mono text-sm text-soft">{hashOf(event.hash).slice(0, 8)}</code>,
    },
    {
      id: "chain",
      header: "Chain",
      width: 132,
      cell: (event) => <LinkBadge link={chain.links.get(event.number ?? "")} />,
    },
  ];
}

function Compact(event: ErrorEvent, chain: ChainState) {
  return (
    <div className="flex flex-col gap-0.5">
      <div className="flex items-center justify-between gap-2 text-sm text-soft">
        <span>
          <EventLink event={event} /> · <Time value={event.time} />
        </span>
        <LinkBadge link={chain.links.get(event.number ?? "")} />
      </div>
      <div className="line-clamp-2">
        <Sentence event={event} />
      </div>
      <div className="truncate text-sm text-soft">{event.partnerId || "all partners"}</div>
    </div>
  );
}

type Events = ReturnType<typeof useEvents>;

function Footer({ log }: { readonly log: Events }) {
  if (log.error) {
    return (
      <ErrorNotice
        error={log.error}
        title="The next events could not be read"
        onRetry={() => void log.fetchNextPage()}
      />
    );
  }
  if (log.hasNextPage) {
    return (
      <p className="flex items-center gap-2 text-soft">
        <Spinner /> {countOf(log.events.length, "event")} read, more follow
      </p>
    );
  }
  return <p className="text-faint">{countOf(log.events.length, "event")}. These are all.</p>;
}

interface TableProps {
  readonly log: Events;
  readonly newest: boolean;
  readonly filtered: boolean;
}

function Table({ log, newest, filtered }: TableProps) {
  const { events, chain, hasNextPage, fetchNextPage, isFetchingNextPage } = log;
  const search = route.useSearch();
  const navigate = route.useNavigate();
  const columns = useMemo(() => columnsOf(chain), [chain]);
  const rows = useMemo(() => (newest ? events.toReversed() : events), [events, newest]);
  const more = useCallback(() => {
    if (hasNextPage && !isFetchingNextPage) void fetchNextPage();
  }, [hasNextPage, isFetchingNextPage, fetchNextPage]);
  return (
    <div className={frame}>
      <VirtualTable
        label="Events"
        rows={rows}
        columns={columns}
        rowKey={(event) => event.number ?? ""}
        onOpen={(event) => void navigate({ search: (old) => ({ ...old, event: event.number }) })}
        compact={(event) => Compact(event, chain)}
        compactHeight={104}
        onEndReached={more}
        footer={<Footer log={log} />}
        isMarked={(event) => event.number === search.event}
        scrollKey={JSON.stringify([search.partner, search.actor, search.error, search.order])}
        empty={log.hasNextPage ? <Footer log={log} /> : <NoEvents filtered={filtered} />}
      />
    </div>
  );
}

function NoEvents({ filtered }: { readonly filtered: boolean }) {
  return (
    <EmptyState
      icon={History}
      title={filtered ? "No event fits the filters" : "Nothing has been done yet"}
      command="ordermesh errors history"
    >
      {filtered
        ? "Change the filters, or clear them."
        : "Whoever takes an error on, edits it, sends it again or gives it up is written down here."}
    </EmptyState>
  );
}

function Description({ partner, own }: { readonly partner: string | undefined; readonly own: boolean }) {
  const shown = own ? undefined : partner;
  return (
    <>
      Everything that was done to errors, in a log that only grows.{" "}
      {!own && (
        <>
          Changes of configs and keys are in{" "}
          {shown ? (
            <Link to="/partners/$id" params={{ id: shown }} search={{ tab: "config" }} className="link underline">
              the history of {shown}
            </Link>
          ) : (
            <Link to="/partners" className="link underline">
              each partner's history
            </Link>
          )}
          .
        </>
      )}
    </>
  );
}

/** The log of everything that was done to errors. */
export function AuditPage() {
  const session = useSession();
  const own = isPartner(session);
  const search = route.useSearch();
  const navigate = route.useNavigate();
  const newest = search.order === "newest";
  const filters = own ? { ...search, partner: undefined } : search;
  // An event that is named in the address may lie on any page.
  const log = useEvents(filters, newest || search.event !== undefined);
  const { events, chain } = log;
  const shown = search.event ? events.find(({ number }) => number === search.event) : undefined;
  const filtered = Boolean(filters.partner || filters.actor || filters.error);
  const partial = own ? "own" : filtered ? "filtered" : undefined;
  const close = () => void navigate({ search: (old) => ({ ...old, event: undefined }) });
  return (
    <Page
      title="Audit"
      filled
      description={<Description partner={search.partner} own={own} />}
      actions={
        <Button
          icon={<RefreshCw aria-hidden="true" className="size-4" />}
          busy={log.isRefetching}
          onClick={() => void log.refetch()}
        >
          Look for new events
        </Button>
      }
    >
      <AuditFilters />
      <ChainNotice chain={chain} partial={partial} />
      {log.isPending && <SkeletonLines lines={8} label="Loading the events" />}
      {log.error && !log.data && (
        <ErrorNotice error={log.error} title="The log could not be read" onRetry={() => void log.refetch()} />
      )}
      {log.data && <Table log={log} newest={newest} filtered={filtered} />}
      {shown && <EventDialog event={shown} link={chain.links.get(shown.number ?? "")} onClose={close} />}
    </Page>
  );
}
