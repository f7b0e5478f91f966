import { keepPreviousData, useInfiniteQuery } from "@tanstack/react-query";
import { Link, useNavigate } from "@tanstack/react-router";
import { CircleCheck, Wrench } from "lucide-react";
import { useCallback, useMemo } from "react";
import { api, canRepair, type ErrorGroup, read, useSession } from "@/api";
import { formatCount, parseCount } from "@/lib/count";
import {
  Ago,
  buttonClass,
  type Column,
  EmptyState,
  ErrorNotice,
  SkeletonLines,
  Sparkline,
  Spinner,
  VirtualTable,
} from "@/ui";
import type { ErrorsSearch } from "./search";
import { sentenceOf } from "./words";

const keyOf = ({ partnerId, code, field }: ErrorGroup) => JSON.stringify([partnerId, code, field]);

const searchOf = ({ partnerId, code, field }: ErrorGroup) => ({
  partner: partnerId,
  code: code as string | undefined,
  field: field || undefined,
});

function Trend({ group }: { readonly group: ErrorGroup }) {
  const values = (group.hours ?? []).map((count) => Number(parseCount(count)));
  const day = values.reduce((sum, value) => sum + value, 0);
  return <Sparkline values={values} label={`${formatCount(day)} in the last 24 hours`} />;
}

function GroupLink({ group }: { readonly group: ErrorGroup }) {
  return (
    <Link to="/errors" search={{ tab: "list", ...searchOf(group) }} className="link font-medium">
      {sentenceOf(group.code, group.field)}
    </Link>
  );
}

function OpenCount({ group }: { readonly group: ErrorGroup }) {
  return (
    <span className="whitespace-nowrap tabular-nums">
      <strong className="font-semibold">{formatCount(group.open)}</strong>
      <span className="text-faint"> of {formatCount(group.count)}</span>
    </span>
  );
}

function FixLink({ group }: { readonly group: ErrorGroup }) {
  if (parseCount(group.open) === 0n) return <span className="text-faint">Nothing open</span>;
  return (
    <Link to="/errors/fix" search={searchOf(group)} className={buttonClass("neutral", "small")}>
      <Wrench aria-hidden="true" className="size-3.5" />
      Fix by rule
    </Link>
  );
}

function columnsFor(mayAct: boolean): readonly Column<ErrorGroup>[] {
  const columns: Column<ErrorGroup>[] = [
    { id: "what", header: "What is wrong", width: 250, grow: 3, cell: (group) => <GroupLink group={group} /> },
    { id: "partner", header: "Partner", width: 100, grow: 1, cell: ({ partnerId }) => partnerId },
    {
      id: "code",
      header: "Code, field",
      width: 165,
      grow: 1,
      cell: ({ code, field }) => <code className="font-mono text-sm">{[code, field].filter(Boolean).join(" ")}</code>,
    },
    { id: "open", header: "Open", width: 110, align: "end", cell: (group) => <OpenCount group={group} /> },
    { id: "trend", header: "Last 24 hours", width: 115, cell: (group) => <Trend group={group} /> },
    { id: "last", header: "Last seen", width: 125, cell: ({ lastSeen }) => <Ago value={lastSeen} /> },
  ];
  if (mayAct) columns.push({ id: "fix", header: "Do", width: 135, cell: (group) => <FixLink group={group} /> });
  return columns;
}

function CompactGroup({ group }: { readonly group: ErrorGroup }) {
  return (
    <div className="flex flex-col gap-1">
      <div className="flex items-baseline justify-between gap-3">
        <span className="min-w-0 truncate">
          <GroupLink group={group} />
        </span>
        <span className="shrink-0">
          <OpenCount group={group} />
        </span>
      </div>
      <div className="flex items-center justify-between gap-3 text-sm text-soft">
        <span className="truncate">{group.partnerId}</span>
        <Trend group={group} />
      </div>
    </div>
  );
}

const REFRESH = 10_000;

/** Errors that are wrong in the same way: where to begin. */
export function GroupsTab({ search }: { readonly search: ErrorsSearch }) {
  const mayAct = canRepair(useSession());
  const navigate = useNavigate();
  const columns = useMemo(() => columnsFor(mayAct), [mayAct]);
  const query = useInfiniteQuery({
    queryKey: ["errors", "groups", search.partner],
    queryFn: ({ pageParam, signal }) => {
      const parameters = {
        pageSize: 200,
        ...(search.partner && { partnerId: search.partner }),
        ...(pageParam && { pageToken: pageParam }),
      };
      return read(api.GET("/api/error-groups", { params: { query: parameters }, signal }));
    },
    initialPageParam: "",
    getNextPageParam: ({ nextPageToken }) => nextPageToken || undefined,
    placeholderData: keepPreviousData,
    refetchInterval: REFRESH,
  });
  const rows = useMemo(() => (query.data?.pages ?? []).flatMap(({ groups }) => groups ?? []), [query.data]);
  const { hasNextPage, isFetchingNextPage, fetchNextPage } = query;
  const more = useCallback(() => {
    if (hasNextPage && !isFetchingNextPage) void fetchNextPage();
  }, [hasNextPage, isFetchingNextPage, fetchNextPage]);
  if (query.isError && rows.length === 0) {
    return (
      <ErrorNotice error={query.error} title="The groups could not be loaded" onRetry={() => void query.refetch()} />
    );
  }
  if (query.isPending) return <SkeletonLines lines={8} label="Loading the groups" />;
  return (
    <div className="flex min-h-64 flex-1 flex-col overflow-hidden rounded-lg border border-line bg-surface">
      <VirtualTable
        label="Groups of errors"
        rows={rows}
        columns={columns}
        rowKey={keyOf}
        rowHeight={42}
        compactHeight={72}
        compact={(group) => <CompactGroup group={group} />}
        onOpen={(group) => void navigate({ to: "/errors", search: { tab: "list", ...searchOf(group) } })}
        onEndReached={more}
        footer={hasNextPage ? <Spinner label="Loading more" /> : undefined}
        empty={
          <EmptyState icon={CircleCheck} title="No errors" command="ordermesh errors groups">
            Every order that came was created. What is refused shows here, grouped by what is wrong.
          </EmptyState>
        }
      />
    </div>
  );
}
