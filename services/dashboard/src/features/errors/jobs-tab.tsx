import { keepPreviousData, useInfiniteQuery } from "@tanstack/react-query";
import { Link, useNavigate } from "@tanstack/react-router";
import { Wrench } from "lucide-react";
import { useCallback, useEffect, useMemo } from "react";
import { api, canRepair, read, type RepairJob, useSession } from "@/api";
import { countOf, formatCount } from "@/lib/count";
import {
  Ago,
  Button,
  type Column,
  EmptyState,
  ErrorNotice,
  Progress,
  Segmented,
  SkeletonLines,
  Spinner,
  StateBadge,
  VirtualTable,
} from "@/ui";
import { CancelButton } from "./cancel-button";
import { isRunning, jobStateOf, jobWords, progressOf } from "./job-words";
import type { ErrorsSearch, JobState } from "./search";

function JobLink({ job }: { readonly job: RepairJob }) {
  return (
    <Link to="/errors/jobs/$id" params={{ id: job.id ?? "" }} className="link font-medium">
      {jobWords(job)}
    </Link>
  );
}

function Done({ job }: { readonly job: RepairJob }) {
  const { taken, matched } = progressOf(job);
  return (
    <span className="flex items-center gap-2">
      <Progress label="Errors taken" value={taken} max={matched} tone={isRunning(job) ? "accent" : "good"} />
      <span className="shrink-0 text-sm text-soft">
        {formatCount(taken)} of {formatCount(matched)}
      </span>
    </span>
  );
}

function columnsFor(mayAct: boolean): readonly Column<RepairJob>[] {
  const columns: Column<RepairJob>[] = [
    { id: "job", header: "Job", width: 300, grow: 3, cell: (job) => <JobLink job={job} /> },
    { id: "state", header: "State", width: 180, cell: ({ state }) => <StateBadge state={state} /> },
    { id: "progress", header: "Progress", width: 220, grow: 1, cell: (job) => <Done job={job} /> },
    { id: "resolved", header: "Orders", width: 80, align: "end", cell: ({ resolved }) => formatCount(resolved) },
    { id: "refused", header: "Refused", width: 80, align: "end", cell: ({ refused }) => formatCount(refused) },
    { id: "skipped", header: "Left", width: 80, align: "end", cell: ({ skipped }) => formatCount(skipped) },
    { id: "actor", header: "Started by", width: 160, cell: ({ actor }) => actor },
    { id: "started", header: "Started", width: 130, cell: ({ createTime }) => <Ago value={createTime} /> },
  ];
  if (mayAct)
    columns.push({ id: "cancel", header: "Do", width: 100, cell: (job) => <CancelButton job={job} size="small" /> });
  return columns;
}

const RUNNING = 1_000;
const QUIET = 10_000;

const STATES: readonly { readonly value: JobState | "all"; readonly label: string }[] = [
  { value: "all", label: "All" },
  { value: "active", label: "Under way" },
  { value: "done", label: "Done" },
  { value: "cancelled", label: "Cancelled" },
];

/** Jobs, newest first. The server lists them all: for those of one state every page has to come. */
function useJobs(state: JobState | undefined) {
  const query = useInfiniteQuery({
    queryKey: ["errors", "jobs"],
    queryFn: ({ pageParam, signal }) => {
      const parameters = { pageSize: 100, ...(pageParam && { pageToken: pageParam }) };
      return read(api.GET("/api/repair-jobs", { params: { query: parameters }, signal }));
    },
    initialPageParam: "",
    getNextPageParam: ({ nextPageToken }) => nextPageToken || undefined,
    placeholderData: keepPreviousData,
    refetchInterval: ({ state }) => (state.data?.pages.some(({ jobs }) => jobs?.some(isRunning)) ? RUNNING : QUIET),
  });
  const loaded = useMemo(() => (query.data?.pages ?? []).flatMap(({ jobs }) => jobs ?? []), [query.data]);
  const rows = useMemo(() => (state ? loaded.filter((job) => jobStateOf(job) === state) : loaded), [loaded, state]);
  const { hasNextPage, isFetchingNextPage, isFetchNextPageError, fetchNextPage } = query;
  const more = useCallback(() => {
    if (hasNextPage && !isFetchingNextPage && !isFetchNextPageError) void fetchNextPage();
  }, [hasNextPage, isFetchingNextPage, isFetchNextPageError, fetchNextPage]);
  useEffect(() => {
    if (state) more();
  }, [state, more, loaded]);
  return { query, loaded, rows, more };
}

/** How many of how many: a filter says nothing of jobs that have not been loaded. */
function shownWords(shown: number, loaded: number, whole: boolean): string {
  if (!whole) return `${formatCount(shown)} of the newest ${countOf(loaded, "job")}, loading more`;
  return `${formatCount(shown)} of ${countOf(loaded, "job")}`;
}

function Empty({ search }: { readonly search: ErrorsSearch }) {
  const navigate = useNavigate();
  if (!search.job) {
    return (
      <EmptyState
        icon={Wrench}
        title="No jobs yet"
        command="ordermesh errors repair -p PARTNER --code REQUIRED --set 'PATH=VALUE'"
      >
        A job does the same to many errors. Choose a group and fix it by rule, or filter the list and use Do with all.
      </EmptyState>
    );
  }
  const all = () => void navigate({ to: "/errors", search: { ...search, job: undefined } });
  return (
    <EmptyState
      icon={Wrench}
      title={search.job === "active" ? "No job is under way" : `No job is ${search.job}`}
      command="ordermesh errors jobs list"
      actions={<Button onClick={all}>Show all jobs</Button>}
    >
      Jobs that are in another state are hidden.
    </EmptyState>
  );
}

/** Repair jobs, newest first. */
export function JobsTab({ search }: { readonly search: ErrorsSearch }) {
  const mayAct = canRepair(useSession());
  const navigate = useNavigate();
  const columns = useMemo(() => columnsFor(mayAct), [mayAct]);
  const { query, loaded, rows, more } = useJobs(search.job);
  const { hasNextPage } = query;
  const choose = (value: JobState | "all") =>
    void navigate({ to: "/errors", search: { ...search, job: value === "all" ? undefined : value }, replace: true });
  if (query.isError && loaded.length === 0) {
    return (
      <ErrorNotice error={query.error} title="The jobs could not be loaded" onRetry={() => void query.refetch()} />
    );
  }
  if (query.isPending) return <SkeletonLines lines={8} label="Loading the jobs" />;
  return (
    <div className="flex min-h-64 flex-1 flex-col gap-3">
      <div className="flex flex-wrap items-center gap-x-4 gap-y-2">
        <Segmented label="State" value={search.job ?? "all"} onChange={choose} options={STATES} />
        {search.job && (
          <span role="status" className="text-sm text-soft">
            {shownWords(rows.length, loaded.length, !hasNextPage)}
          </span>
        )}
      </div>
      {query.isFetchNextPageError && (
        <ErrorNotice
          error={query.error}
          title="More jobs could not be loaded"
          onRetry={() => void query.fetchNextPage()}
        />
      )}
      <div className="flex min-h-64 flex-1 flex-col overflow-hidden rounded-lg border border-line bg-surface">
        <VirtualTable
          label="Repair jobs"
          rows={rows}
          columns={columns}
          rowKey={({ id }) => id ?? ""}
          rowHeight={42}
          compactHeight={84}
          compact={(job) => (
            <div className="flex flex-col gap-1">
              <span className="truncate">
                <JobLink job={job} />
              </span>
              <Done job={job} />
              <StateBadge state={job.state} />
            </div>
          )}
          onOpen={({ id }) => void navigate({ to: "/errors/jobs/$id", params: { id: id ?? "" } })}
          onEndReached={more}
          footer={hasNextPage ? <Spinner label="Loading more" /> : undefined}
          empty={hasNextPage ? <Spinner label="Loading more" /> : <Empty search={search} />}
        />
      </div>
    </div>
  );
}
