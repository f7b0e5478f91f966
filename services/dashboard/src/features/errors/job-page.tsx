import { useQuery } from "@tanstack/react-query";
import { getRouteApi, Link } from "@tanstack/react-router";
import { SearchX } from "lucide-react";
import { ApiError, api, canRepair, read, type RepairJob, useSession } from "@/api";
import { countOf, formatCount, parseCount } from "@/lib/count";
import {
  buttonClass,
  EmptyState,
  ErrorNotice,
  Facts,
  IdText,
  Page,
  Panel,
  Progress,
  SkeletonLines,
  StateBadge,
  Time,
} from "@/ui";
import { CancelButton } from "./cancel-button";
import { filterWords, searchOfFilter } from "./filters";
import { actionWords, isRunning, progressOf } from "./job-words";
import { operationWords } from "./patch-model";

const route = getRouteApi("/shell/errors/jobs/$id");
const FOLLOW = 1_000;

export function JobPage() {
  const { id } = route.useParams();
  const session = useSession();
  const {
    data: job,
    error,
    isError,
    refetch,
  } = useQuery({
    queryKey: ["errors", "job", id],
    queryFn: ({ signal }) => read(api.GET("/api/repair-jobs/{id}", { params: { path: { id } }, signal })),
    refetchInterval: ({ state }) => (state.data && isRunning(state.data) ? FOLLOW : false),
  });
  const missing = error instanceof ApiError && error.isNotFound;
  return (
    <Page
      title="Repair job"
      above={
        <Link to="/errors" search={{ tab: "jobs" }} className="link">
          Jobs
        </Link>
      }
      heading={
        <span className="flex flex-wrap items-center gap-x-3">
          {job ? actionWords(job.action) : "Repair job"} {job && <StateBadge state={job.state} />}
        </span>
      }
      description={job && `For ${filterWords(searchOfFilter(job.filter))}`}
      actions={job && canRepair(session) && <CancelButton job={job} />}
    >
      {missing && (
        <EmptyState icon={SearchX} title="There is no job with this id" command={`ordermesh errors jobs get ${id}`}>
          It does not exist, or belongs to another partner.
        </EmptyState>
      )}
      {isError && !missing && (
        <ErrorNotice error={error} title="The job could not be loaded" onRetry={() => void refetch()} />
      )}
      {!job && !isError && <SkeletonLines lines={8} label="Loading the job" />}
      {job && <Job job={job} />}
    </Page>
  );
}

function sentence(job: RepairJob): string {
  switch (job.state) {
    case "RUNNING":
      return "It takes one error after the other. You may leave this page: it goes on by itself.";
    case "WAITING":
      return "Every error is taken. The feed has not answered all of them yet.";
    case "CANCELLING":
      return "It takes no more errors. What was sent still gets its verdict.";
    case "CANCELLED":
      return "It was cancelled before it had taken every error.";
    default:
      return parseCount(job.refused) > 0n
        ? "It is done. Some errors were refused again: they are open, with what is wrong now."
        : "It is done.";
  }
}

function Job({ job }: { readonly job: RepairJob }) {
  const { taken, matched } = progressOf(job);
  const sends = Boolean(job.action?.fix || job.action?.retry);
  const search = searchOfFilter(job.filter);
  return (
    <>
      <Panel title="Progress">
        <div className="flex flex-col gap-4">
          <p role="status">{sentence(job)}</p>
          <div className="flex flex-col gap-1.5">
            <Progress label="Errors taken" value={taken} max={matched} tone={isRunning(job) ? "accent" : "good"} />
            <p className="text-sm text-soft">
              {formatCount(taken)} of {countOf(job.matched, "error")} taken
            </p>
          </div>
          <Counts job={job} sends={sends} />
        </div>
      </Panel>
      <div className="grid items-start gap-4 lg:grid-cols-2">
        <Panel title="What it does">
          <Facts
            facts={[
              { label: "Action", value: actionWords(job.action) },
              { label: "Errors", value: filterWords(search) },
              ...(job.action?.discard ? [{ label: "Reason", value: job.action.discard.reason }] : []),
              ...(job.action?.fix ? [{ label: "Rule", value: <Operations job={job} /> }] : []),
              { label: "At most", value: `${countOf(job.rate || 250, "error")} a second` },
            ]}
          />
        </Panel>
        <Panel title="Who and when">
          <Facts
            facts={[
              { label: "Started by", value: job.actor },
              { label: "Started", value: <Time value={job.createTime} /> },
              { label: "Last step", value: <Time value={job.updateTime} /> },
              { label: "Job id", value: <IdText id={job.id} what="job id" /> },
            ]}
          />
          <div className="mt-3 flex flex-wrap gap-2">
            <Link to="/errors" search={{ ...search, tab: "list" }} className={buttonClass()}>
              The errors of its filter
            </Link>
          </div>
        </Panel>
      </div>
    </>
  );
}

function Operations({ job }: { readonly job: RepairJob }) {
  return (
    <ul>
      {(job.action?.fix?.patch?.operations ?? []).map((operation, index) => (
        <li key={index} className="font-mono text-sm break-all">
          {operationWords(operation)}
        </li>
      ))}
    </ul>
  );
}

function Counts({ job, sends }: { readonly job: RepairJob; readonly sends: boolean }) {
  const counts: [label: string, value: string | undefined, hint: string][] = [
    ["Changed", job.changed, "by this job"],
    ...(sends
      ? ([
          ["Became orders", job.resolved, "resolved"],
          ["On their way", job.retrying, "no verdict yet"],
          ["Refused again", job.refused, "open, with what is wrong now"],
        ] as [string, string | undefined, string][])
      : []),
    ["Left as they were", job.skipped, "changed by others, or they would fail"],
  ];
  return (
    <dl className="grid grid-cols-[repeat(auto-fit,minmax(9.5rem,1fr))] gap-3">
      {counts.map(([label, value, hint]) => (
        <div key={label} className="rounded-lg border border-line bg-sunken px-3 py-2">
          <dt className="text-sm text-soft">{label}</dt>
          <dd>
            <span className="text-xl font-semibold tabular-nums">{formatCount(value)}</span>
            <span className="block text-xs text-faint">{hint}</span>
          </dd>
        </div>
      ))}
    </dl>
  );
}
