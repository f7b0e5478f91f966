import type { RateLimit } from "@/api";
import { formatCount } from "@/lib/count";
import { parseDecimal } from "@/lib/decimal";

/** A rate limit as it stands in a form: texts, until they are right. */
export interface LimitDraft {
  readonly amount: string;
  readonly period: string;
  readonly burst: string;
}

const MILLISECONDS: Readonly<Record<string, bigint>> = {
  ms: 1n,
  s: 1_000n,
  min: 60_000n,
  h: 3_600_000n,
  d: 86_400_000n,
};
const LARGEST = 1_000_000_000n;

/** Reads "1 s", "500ms", "5 min", "0.5s"; undefined for what is no time or is no whole number of milliseconds. */
function millisecondsOf(text: string): bigint | undefined {
  const match = /^(\d+(?:\.\d+)?)\s*(ms|s|min|h|d)$/.exec(text.trim());
  const value = parseDecimal(match?.[1] ?? "");
  const unit = MILLISECONDS[match?.[2] ?? ""];
  if (!value || unit === undefined) return undefined;
  const scale = 10n ** BigInt(value.scale);
  return (value.digits * unit) % scale === 0n ? (value.digits * unit) / scale : undefined;
}

/** "60s", as the API writes a period, for people: "1 min". Empty means a second. */
export function formatPeriod(period: string | undefined): string {
  const total = millisecondsOf(period || "1s");
  if (total === undefined) return period ?? "";
  const [unit, size] = Object.entries(MILLISECONDS)
    .reverse()
    .find(([, length]) => total % length === 0n && total > 0n) ?? ["ms", 1n];
  return `${total / size} ${unit}`;
}

/** The period for the API: seconds with a fraction. */
function periodOf(text: string): string {
  const total = millisecondsOf(text) ?? 0n;
  const fraction = (total % 1000n).toString().padStart(3, "0").replace(/0+$/, "");
  return `${total / 1000n}${fraction && `.${fraction}`}s`;
}

export function limitDraft(limit: RateLimit | undefined): LimitDraft {
  const burst = limit?.burst ?? "";
  return { amount: limit?.amount ?? "", period: formatPeriod(limit?.period), burst: burst === "0" ? "" : burst };
}

function countProblem(text: string): string | undefined {
  const digits = text.replaceAll(",", "").trim();
  if (!/^\d{1,12}$/.test(digits)) return "must be a whole number";
  const value = BigInt(digits);
  return value >= 1n && value <= LARGEST ? undefined : "must be 1 to 1,000,000,000";
}

export type LimitProblems = Partial<Record<keyof LimitDraft, string>>;

export function limitProblems(draft: LimitDraft): LimitProblems {
  const problems: LimitProblems = {};
  const amount = countProblem(draft.amount);
  if (amount) problems.amount = `The amount ${amount}.`;
  const burst = draft.burst.trim() === "" ? undefined : countProblem(draft.burst);
  if (burst) problems.burst = `The burst ${burst}, or empty for the amount.`;
  const period = millisecondsOf(draft.period || "1 s");
  if (period === undefined) problems.period = "Write a time such as 1 s, 500 ms, 5 min or 1 h.";
  else if (period < 1n || period > 86_400_000n) problems.period = "The period must be 1 ms to 1 day.";
  return problems;
}

/** What the API takes. Only for a draft without problems. */
export function limitOf(draft: LimitDraft): RateLimit {
  const digits = (text: string) => text.replaceAll(",", "").trim();
  const burst = digits(draft.burst);
  return { amount: digits(draft.amount), period: periodOf(draft.period || "1 s"), ...(burst && { burst }) };
}

/** "10,000 per 1 s, at most 5,000 at once" */
export function describeLimit(limit: RateLimit | undefined): string {
  if (!limit?.amount) return "none";
  const burst = !limit.burst || limit.burst === "0" ? limit.amount : limit.burst;
  return `${formatCount(limit.amount)} per ${formatPeriod(limit.period)}, at most ${formatCount(burst)} at once`;
}

/** "10,000/s", for tables. */
export function shortLimit(limit: RateLimit | undefined): string {
  if (!limit?.amount) return "none";
  return `${formatCount(limit.amount)}/${formatPeriod(limit.period).replace(/^1 /, "")}`;
}
