import type { OrderError, Violation } from "@/api";
import { describeViolation } from "@/lib/violations";

/** Violations that say the same of several lines. */
export interface ViolationGroup {
  readonly key: string;
  readonly code: string;
  readonly field: string;
  readonly sentence: string;
  readonly message: string;
  readonly violations: readonly Violation[];
}

/** Names of fields keep their case: "customerId is missing". */
export const sentenceOf = (code: string | undefined, field: string | undefined) =>
  describeViolation(code, field).replace(/^the /, "The ");

export function groupViolations(violations: readonly Violation[] | undefined): readonly ViolationGroup[] {
  const groups = new Map<string, Violation[]>();
  for (const violation of violations ?? []) {
    const key = JSON.stringify([violation.code, violation.field, violation.message]);
    groups.set(key, [...(groups.get(key) ?? []), violation]);
  }
  return [...groups].map(([key, list]) => {
    const { code = "", field = "", message = "" } = list[0] ?? {};
    return { key, code, field, message, violations: list, sentence: sentenceOf(code, field) };
  });
}

/** Line numbers as ranges: "lines 1 to 9 and 12". */
export function lineWords(lines: readonly number[]): string {
  const ranges: [number, number][] = [];
  for (const line of [...new Set(lines.filter((one) => one > 0))].sort((a, b) => a - b)) {
    const last = ranges.at(-1);
    if (last && last[1] === line - 1) last[1] = line;
    else ranges.push([line, line]);
  }
  if (ranges.length === 0) return "";
  const words = ranges.map(([from, to]) =>
    from === to ? String(from) : from + 1 === to ? `${from} and ${to}` : `${from} to ${to}`,
  );
  const single = ranges.length === 1 && ranges[0]?.[0] === ranges[0]?.[1];
  if (words.length === 1) return `${single ? "line" : "lines"} ${words[0]}`;
  return `lines ${words.slice(0, -1).join(", ")} and ${words.at(-1)}`;
}

/** What is wrong with an error in one line: "customerId is missing, unitPrice is outside the allowed range". */
export function summary(error: OrderError): string {
  const sentences = new Set((error.violations ?? []).map(({ code, field }) => describeViolation(code, field)));
  return [...sentences].join(", ") || "nothing is known";
}

export interface NextStepInput {
  readonly error: OrderError;
  readonly mayAct: boolean;
  readonly changed: boolean;
  /** Problems that the live verdict found; undefined while it is not known. */
  readonly left: number | undefined;
}

const CHECKED = "It is checked as you type, and nothing is sent until you say so.";

/** One sentence: what to do next. */
export function nextStep({ error, mayAct, changed, left }: NextStepInput): string {
  switch (error.status) {
    case "RESOLVED":
      return "Nothing is left to do: it has become an order.";
    case "RETRYING":
      return "It is on its way to the feed again. Wait a moment: this page shows the verdict as soon as there is one.";
    case "DISCARDED":
      return mayAct ? "It was given up. Reopen it to repair it after all." : "It was given up.";
  }
  if (!mayAct) return "You can look at it, but your role may not change it. An operator or the partner can.";
  if (error.kind === "CONFLICT" && !changed) {
    return "Another order has its external order id. Give it another one, or discard it if it is a double.";
  }
  if (left === undefined) return `Correct the payload below. ${CHECKED}`;
  if (left > 0 && !changed) {
    return `Correct what is marked in the payload below. ${CHECKED}`;
  }
  if (left > 0) return `${left === 1 ? "One problem is" : `${left} problems are`} left. Correct what is still marked.`;
  if (changed) return "The payload is right now. Press Save and retry, and it becomes an order.";
  return "The payload is right as it is by the rules that are live now. Press Retry, and it becomes an order.";
}
