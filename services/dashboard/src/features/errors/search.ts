import { choiceParameter, type RawSearch, textParameter, timeParameter } from "@/lib/search";

const TABS = ["groups", "list", "jobs"] as const;
export type ErrorsTab = (typeof TABS)[number];

export const JOB_STATES = ["active", "done", "cancelled"] as const;
/** Of jobs: still at work, or how they ended. */
export type JobState = (typeof JOB_STATES)[number];

/** What may be filtered, as it stands in the address. */
export interface ErrorsFilter {
  readonly partner?: string | undefined;
  readonly code?: string | undefined;
  readonly field?: string | undefined;
  readonly status?: string | undefined;
  readonly assignee?: string | undefined;
  readonly tag?: string | undefined;
  readonly text?: string | undefined;
  readonly from?: string | undefined;
  readonly to?: string | undefined;
  /** Errors that conflict with this order or have become it. */
  readonly order?: string | undefined;
}

export interface ErrorsSearch extends ErrorsFilter {
  readonly tab?: ErrorsTab | undefined;
  readonly job?: JobState | undefined;
}

/** Fix by rule: which errors, and the one whose edits the rule comes from. */
export interface FixSearch extends ErrorsFilter {
  readonly example?: string | undefined;
}

function filterOf(search: RawSearch): ErrorsFilter {
  return {
    partner: textParameter(search, "partner"),
    code: textParameter(search, "code"),
    field: textParameter(search, "field"),
    status: textParameter(search, "status"),
    assignee: textParameter(search, "assignee"),
    tag: textParameter(search, "tag"),
    text: textParameter(search, "text"),
    from: timeParameter(search, "from"),
    to: timeParameter(search, "to"),
    order: textParameter(search, "order"),
  };
}

export function errorsSearch(search: RawSearch): ErrorsSearch {
  return {
    tab: choiceParameter(search, "tab", TABS),
    job: choiceParameter(search, "job", JOB_STATES),
    ...filterOf(search),
  };
}

export function fixSearch(search: RawSearch): FixSearch {
  return { ...filterOf(search), example: textParameter(search, "example") };
}
