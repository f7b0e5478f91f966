import {
  type ErrorFilter,
  isPartner,
  type OrderError,
  type Session,
  type ErrorStatus,
  type ViolationCode,
} from "@/api";
import type { ErrorsFilter } from "./search";

export const CODES: readonly ViolationCode[] = [
  "REQUIRED",
  "TYPE",
  "RANGE",
  "LENGTH",
  "PATTERN",
  "ENUM",
  "TIME_WINDOW",
  "MISMATCH",
  "OUT_OF_RANGE",
  "UNREADABLE",
  "DIFFERS",
  "UNIQUE",
  "LOOKUP",
  "SCHEMA",
  "POISON",
];

export const STATUSES: readonly { readonly value: ErrorStatus; readonly label: string }[] = [
  { value: "OPEN", label: "Open" },
  { value: "IN_REVIEW", label: "In review" },
  { value: "RETRYING", label: "Retrying" },
  { value: "RESOLVED", label: "Resolved" },
  { value: "DISCARDED", label: "Discarded" },
];

/** The filter alone, without what else stands in the address. */
export function onlyFilter(search: ErrorsFilter): ErrorsFilter {
  const { partner, code, field, status, assignee, tag, text, from, to, order } = search;
  return { partner, code, field, status, assignee, tag, text, from, to, order };
}

export function hasFilter(search: ErrorsFilter): boolean {
  return Object.values(onlyFilter(search)).some(Boolean);
}

/** A field says something only together with a code. */
const fieldOf = ({ code, field }: ErrorsFilter) => (code ? field : undefined);

/** The parameters of lists and exports. */
export function listQuery(search: ErrorsFilter) {
  return withoutUndefined({
    partnerId: search.partner,
    code: search.code as ViolationCode | undefined,
    field: fieldOf(search),
    status: search.status as ErrorStatus | undefined,
    assignee: search.assignee,
    tag: search.tag,
    text: search.text,
    from: search.from,
    to: search.to,
    orderId: search.order,
  });
}

/** The filter of jobs: they take what is open or in review, whatever the status in the list's filter. */
export function jobFilter(search: ErrorsFilter, session: Session): ErrorFilter {
  return withoutUndefined({
    partnerId: isPartner(session) ? session.partnerId : search.partner,
    code: search.code as ViolationCode | undefined,
    field: fieldOf(search),
    assignee: search.assignee,
    tag: search.tag,
    text: search.text,
    from: search.from,
    to: search.to,
  });
}

type Defined<T> = { [K in keyof T]?: Exclude<T[K], undefined> };

function withoutUndefined<T extends object>(value: T): Defined<T> {
  return Object.fromEntries(Object.entries(value).filter(([, one]) => one !== undefined)) as Defined<T>;
}

/** The address of the errors that a job takes. */
export function searchOfFilter(filter: ErrorFilter | undefined): ErrorsFilter {
  return {
    partner: filter?.partnerId || undefined,
    code: filter?.code,
    field: filter?.field || undefined,
    assignee: filter?.assignee || undefined,
    tag: filter?.tag || undefined,
    text: filter?.text || undefined,
    from: filter?.from,
    to: filter?.to,
  };
}

/**
 * Whether an error belongs into a list with this filter; undefined where only the server can say: payloads and the
 * order of a conflict are not in the stream.
 */
export function belongs(error: OrderError, search: ErrorsFilter): boolean | undefined {
  const received = Date.parse(error.receivedTime ?? "");
  const { code, order } = search;
  const field = fieldOf(search);
  const fits =
    (!search.partner || error.partnerId === search.partner) &&
    (!search.status || error.status === search.status) &&
    (!search.assignee || error.assignee === search.assignee) &&
    (!search.tag || (error.tags ?? []).includes(search.tag)) &&
    (!search.from || received >= Date.parse(search.from)) &&
    (!search.to || received < Date.parse(search.to)) &&
    (!order || error.orderId === order || error.resolvedOrderId === order) &&
    (!code || (error.violations ?? []).some((one) => one.code === code && (!field || one.field === field)));
  return fits && search.text ? undefined : fits;
}

const quoted = (text: string) => (/^[\w.:@/+-]+$/.test(text) ? text : `'${text.replaceAll("'", "'\\''")}'`);

/** The same filter for the command line. */
export function commandOptions(search: ErrorsFilter): string {
  const options: [string, string | undefined][] = [
    ["-p", search.partner],
    ["--code", search.code],
    ["--field", fieldOf(search)],
    ["--status", search.status],
    ["--assignee", search.assignee],
    ["--tag", search.tag],
    ["--text", search.text],
    ["--from", search.from],
    ["--to", search.to],
  ];
  return options.map(([name, value]) => (value ? ` ${name} ${quoted(value)}` : "")).join("");
}

/** What a filter says, in words, for headings. */
export function filterWords(search: ErrorsFilter): string {
  const parts = [
    search.code && [search.code, fieldOf(search)].filter(Boolean).join(" "),
    search.partner && `of ${search.partner}`,
    search.assignee && `assigned to ${search.assignee}`,
    search.tag && `tagged ${search.tag}`,
    search.text && `with "${search.text}" in the payload`,
    search.from && `from ${search.from}`,
    search.to && `before ${search.to}`,
  ].filter(Boolean);
  return parts.length > 0 ? parts.join(" ") : "every error";
}
