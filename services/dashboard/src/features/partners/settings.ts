import type { FieldViolation, Partner } from "@/api";
import { byteLength } from "@/lib/bytes";
import { describeLimit, type LimitDraft, limitDraft, limitOf, type LimitProblems, limitProblems } from "./limit";

/** The settings of a partner as they stand in a form. */
export interface SettingsDraft {
  readonly name: string;
  readonly orderLimit: LimitDraft;
  readonly queryLimit: LimitDraft;
  /** One address a line. */
  readonly webhookUrls: string;
  readonly errorTtlDays: string;
}

export type Setting = keyof SettingsDraft;

export const SETTING_LABELS: Readonly<Record<Setting, string>> = {
  name: "Name",
  orderLimit: "Order limit",
  queryLimit: "Query limit",
  webhookUrls: "Webhook addresses",
  errorTtlDays: "Days that errors are kept",
};
const SETTINGS = Object.keys(SETTING_LABELS) as Setting[];

/** What a new partner gets where nothing else is said. */
export const DEFAULT_SETTINGS: SettingsDraft = {
  name: "",
  orderLimit: { amount: "10000", period: "1 s", burst: "5000" },
  queryLimit: { amount: "1000", period: "1 s", burst: "1000" },
  webhookUrls: "",
  errorTtlDays: "90",
};

export function settingsDraft(partner: Partner): SettingsDraft {
  return {
    name: partner.name ?? "",
    orderLimit: limitDraft(partner.orderLimit),
    queryLimit: limitDraft(partner.queryLimit),
    webhookUrls: (partner.webhookUrls ?? []).join("\n"),
    errorTtlDays: String(partner.errorTtlDays || 90),
  };
}

const linesOf = (text: string) =>
  text
    .split("\n")
    .map((line) => line.trim())
    .filter((line) => line !== "");

export interface SettingsProblems {
  name?: string;
  orderLimit?: LimitProblems;
  queryLimit?: LimitProblems;
  webhookUrls?: string;
  errorTtlDays?: string;
}

function urlProblem(line: string): string | undefined {
  if (!URL.canParse(line) || !line.startsWith("https://")) return `"${line}" must be an address with https://`;
  const { hostname, username, password } = new URL(line);
  if (username || password) return `"${line}" must not hold a user or a password`;
  const isPublic = hostname.includes(".") && !/^[\d.]+$/.test(hostname) && !hostname.startsWith("[");
  return isPublic ? undefined : `"${line}" must name a public host`;
}

function webhookProblem(text: string): string | undefined {
  const lines = linesOf(text);
  if (lines.length > 10) return "At most 10 addresses.";
  const problem = lines.map(urlProblem).find((found) => found !== undefined);
  return problem && `${problem}.`;
}

/** Everything that the server would refuse and that can be seen without asking it. */
export function settingsProblems(draft: SettingsDraft): SettingsProblems {
  const problems: SettingsProblems = {};
  if (byteLength(draft.name) > 128) problems.name = "The name may have 128 bytes at most.";
  const orderLimit = limitProblems(draft.orderLimit);
  if (Object.keys(orderLimit).length > 0) problems.orderLimit = orderLimit;
  const queryLimit = limitProblems(draft.queryLimit);
  if (Object.keys(queryLimit).length > 0) problems.queryLimit = queryLimit;
  const webhookUrls = webhookProblem(draft.webhookUrls);
  if (webhookUrls) problems.webhookUrls = webhookUrls;
  const days = draft.errorTtlDays.trim();
  if (!/^\d{1,4}$/.test(days) || Number(days) < 1 || Number(days) > 3650) {
    problems.errorTtlDays = "A whole number of days, 1 to 3,650.";
  }
  return problems;
}

/** The same settings for the API. Only for a draft without problems. */
export function settingsOf(draft: SettingsDraft): Required<Pick<Partner, Setting>> {
  return {
    name: draft.name.trim(),
    orderLimit: limitOf(draft.orderLimit),
    queryLimit: limitOf(draft.queryLimit),
    webhookUrls: linesOf(draft.webhookUrls),
    errorTtlDays: Number(draft.errorTtlDays),
  };
}

const same = (a: unknown, b: unknown) => JSON.stringify(a) === JSON.stringify(b);

export function changedSettings(base: SettingsDraft, draft: SettingsDraft): Setting[] {
  return SETTINGS.filter((setting) => !same(base[setting], draft[setting]));
}

/** What a PATCH sends: only what was changed, so that nothing else is overwritten. */
export function settingsPatch(base: SettingsDraft, draft: SettingsDraft): Partial<Pick<Partner, Setting>> {
  const all = settingsOf(draft);
  return Object.fromEntries(changedSettings(base, draft).map((setting) => [setting, all[setting]]));
}

/** My changes on top of what somebody else has stored meanwhile. */
export function rebaseSettings(base: SettingsDraft, mine: SettingsDraft, newest: SettingsDraft): SettingsDraft {
  const changed = changedSettings(base, mine);
  return { ...newest, ...Object.fromEntries(changed.map((setting) => [setting, mine[setting]])) };
}

export function describeSetting(setting: Setting, draft: SettingsDraft): string {
  if (setting === "orderLimit" || setting === "queryLimit") {
    const limit = draft[setting];
    if (Object.keys(limitProblems(limit)).length > 0) return `${limit.amount} per ${limit.period}`;
    return describeLimit(limitOf(limit));
  }
  if (setting === "webhookUrls") return linesOf(draft.webhookUrls).join(", ") || "none";
  return draft[setting] || "none";
}

export interface SettingConflict {
  readonly setting: Setting;
  readonly before: string;
  readonly theirs: string;
  readonly mine: string | undefined;
}

/** What somebody else changed since the form was opened, and what the form says there. */
export function settingConflicts(base: SettingsDraft, mine: SettingsDraft, newest: SettingsDraft): SettingConflict[] {
  const own = changedSettings(base, mine);
  return changedSettings(base, newest).map((setting) => ({
    setting,
    before: describeSetting(setting, base),
    theirs: describeSetting(setting, newest),
    mine: own.includes(setting) ? describeSetting(setting, mine) : undefined,
  }));
}

const PLACES: readonly (readonly [RegExp, Setting])[] = [
  [/order_?limit/i, "orderLimit"],
  [/query_?limit/i, "queryLimit"],
  [/webhook/i, "webhookUrls"],
  [/error_?ttl/i, "errorTtlDays"],
  [/(^|\.)name$/i, "name"],
];

/** Which field of the form a refusal of the server belongs to. */
export function settingOfViolation({ field }: FieldViolation): Setting | undefined {
  return PLACES.find(([pattern]) => pattern.test(field))?.[1];
}

const PARTNER_ID = /^[a-z0-9-]{1,64}$/;

export function partnerIdProblem(id: string): string | undefined {
  return PARTNER_ID.test(id) ? undefined : "1 to 64 lower-case letters, digits and dashes.";
}
