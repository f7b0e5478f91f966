import type { ErrorEvent } from "@/api";
import { countOf } from "@/lib/count";
import { shortId } from "@/lib/ids";

type State = NonNullable<ErrorEvent["before"]>;

const STATUS_WORDS: Readonly<Record<string, string>> = {
  OPEN: "open",
  IN_REVIEW: "in review",
  RETRYING: "retrying",
  RESOLVED: "resolved",
  DISCARDED: "discarded",
};

export const statusWord = (status: string | undefined): string => STATUS_WORDS[status ?? ""] ?? status ?? "unknown";

/** "user:anna" is Anna; a key is named by its id; the mesh by its own name. */
export function actorName(actor: string | undefined): string {
  if (!actor) return "Somebody";
  if (actor === "ordermesh") return "The mesh";
  return actor.replace(/^user:/, "");
}

function tagChange(before: State | undefined, after: State | undefined): string {
  const had = before?.tags ?? [];
  const has = after?.tags ?? [];
  const added = has.filter((tag) => !had.includes(tag));
  const removed = had.filter((tag) => !has.includes(tag));
  const parts = [
    added.length > 0 ? `added ${added.join(", ")}` : "",
    removed.length > 0 ? `removed ${removed.join(", ")}` : "",
  ].filter(Boolean);
  return parts.length > 0 ? `changed the tags: ${parts.join("; ")}` : "set the tags again";
}

function assignment(event: ErrorEvent): string {
  const assignee = event.after?.assignee ?? "";
  return assignee === event.actor ? "took the error on" : `gave the error to ${actorName(assignee)}`;
}

function verdictWords(event: ErrorEvent): string {
  const verdict = event.verdict?.verdict;
  const order = event.verdict?.orderId ?? event.after?.resolvedOrderId;
  switch (verdict) {
    case "CREATED":
      return `the retry became order ${shortId(order, 8, 0)}`;
    case "REPLAYED":
      return `the retry found order ${shortId(order, 8, 0)}, which was there already`;
    case "REJECTED":
      return `the retry was rejected with ${countOf(event.verdict?.violations?.length ?? 0, "violation")}`;
    case "CONFLICT":
      return `the retry conflicts with order ${shortId(order, 8, 0)}`;
    case "SEQUENCE_REUSED":
      return "the retry was refused: its sequence number belongs to another order";
    default:
      return "the retry was refused";
  }
}

/** What was done, as the end of a sentence that begins with who did it. */
export function whatHappened(event: ErrorEvent): string {
  switch (event.action) {
    case "ASSIGNED":
      return assignment(event);
    case "RELEASED":
      return `released the error${event.before?.assignee ? ` from ${actorName(event.before.assignee)}` : ""}`;
    case "NOTED":
      return "wrote a note";
    case "TAGGED":
      return tagChange(event.before, event.after);
    case "EDITED":
      return `edited the payload: edit ${event.after?.edit ?? 1}`;
    case "RETRIED":
      return `sent the error again${event.after?.edit ? ` with edit ${event.after.edit}` : ""}`;
    case "ANSWERED":
      return `noted the verdict: ${verdictWords(event)}`;
    case "DISCARDED":
      return "gave the error up";
    case "REOPENED":
      return "took the error up again";
    case "JOB_STARTED":
      return "started a repair job";
    case "JOB_CANCELLED":
      return "cancelled a repair job";
    default:
      return `did ${event.action ?? "something"}`;
  }
}

/** "open to in review"; empty where the status stayed. */
export function statusChange(event: ErrorEvent): string {
  const { before, after } = event;
  if (!before?.status || !after?.status || before.status === after.status) return "";
  return `${statusWord(before.status)} to ${statusWord(after.status)}`;
}

export interface Change {
  readonly label: string;
  readonly before: string;
  readonly after: string;
}

function violationsOf(state: State | undefined): string {
  const violations = state?.violations ?? [];
  return violations
    .map(({ field, code, line }) => `${field || "payload"} ${code}${line ? ` line ${line}` : ""}`)
    .join(", ");
}

/** What differs between before and after, for people. */
export function changesOf({ before, after }: ErrorEvent): Change[] {
  const rows: readonly (readonly [string, (state: State | undefined) => string])[] = [
    ["Status", (state) => (state?.status ? statusWord(state.status) : "")],
    ["Assignee", (state) => state?.assignee ?? ""],
    ["Tags", (state) => (state?.tags ?? []).join(", ")],
    ["Payload", (state) => (state?.edit ? `edit ${state.edit}` : "as it came")],
    ["Violations", violationsOf],
    ["Order", (state) => state?.resolvedOrderId ?? ""],
    ["Reason", (state) => state?.discardReason ?? ""],
  ];
  return rows
    .map(([label, read]) => ({ label, before: read(before), after: read(after) }))
    .filter((change) => change.before !== change.after);
}
