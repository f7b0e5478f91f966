import type { RepairAction, ErrorFilter } from "@/api";
import { newRequestId } from "@/lib/ids";

/** What a job is to do, before it has a request id. */
export interface JobPlan {
  readonly filter: ErrorFilter;
  readonly action: RepairAction;
  readonly expectedCount: string;
  readonly rate: number;
}

const KEY = "ordermesh.job-start";

interface Kept {
  readonly plan: string;
  readonly requestId: string;
}

function kept(): Kept | undefined {
  try {
    return (JSON.parse(sessionStorage.getItem(KEY) ?? "null") as Kept | null) ?? undefined;
  } catch {
    return undefined;
  }
}

let inMemory: Kept | undefined;

/**
 * The request id of a plan: the same plan has the same one, also after a reload, until it is known to have started. So
 * a double click or a lost answer cannot start a job twice.
 */
export function requestIdOf(plan: JobPlan): string {
  const text = JSON.stringify(plan);
  const known = [inMemory, kept()].find((one) => one?.plan === text);
  const found = known ?? { plan: text, requestId: newRequestId() };
  inMemory = found;
  try {
    sessionStorage.setItem(KEY, JSON.stringify(found));
  } catch {
    // Where nothing may be stored it holds until the page is closed.
  }
  return found.requestId;
}

/** The plan has become a job: the next one like it is another. */
export function forgetRequestId(): void {
  inMemory = undefined;
  try {
    sessionStorage.removeItem(KEY);
  } catch {
    // It was not stored either.
  }
}
