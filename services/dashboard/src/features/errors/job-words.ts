import type { RepairAction, RepairJob } from "@/api";
import { parseCount } from "@/lib/count";
import { filterWords, searchOfFilter } from "./filters";
import type { JobState } from "./search";

export const isRunning = ({ state }: RepairJob) => state === "RUNNING" || state === "WAITING" || state === "CANCELLING";

export function jobStateOf(job: RepairJob): JobState {
  if (isRunning(job)) return "active";
  return job.state === "CANCELLED" ? "cancelled" : "done";
}

export function actionWords({ retry, assign, discard, fix }: RepairAction = {}): string {
  if (fix) return "Fix by rule";
  if (retry) return "Send again";
  if (assign) return assign.assignee ? `Assign to ${assign.assignee}` : "Release";
  return discard ? "Discard" : "Job";
}

export function jobWords(job: RepairJob): string {
  return `${actionWords(job.action)}: ${filterWords(searchOfFilter(job.filter))}`;
}

/** How far a job is: errors that it has decided on, of those that matched. */
export function progressOf(job: RepairJob): { readonly taken: number; readonly matched: number } {
  return {
    taken: Number(parseCount(job.changed) + parseCount(job.skipped)),
    matched: Number(parseCount(job.matched)),
  };
}
