import { choiceParameter, type RawSearch, textParameter } from "@/lib/search";

export interface AuditSearch {
  readonly partner?: string | undefined;
  readonly actor?: string | undefined;
  readonly error?: string | undefined;
  /** Newest first needs the whole log to be read; without it the oldest come first, a page at a time. */
  readonly order?: "newest" | undefined;
  /** The number of the event that is shown in full. */
  readonly event?: string | undefined;
}

export function auditSearch(search: RawSearch): AuditSearch {
  const event = textParameter(search, "event");
  return {
    partner: textParameter(search, "partner"),
    actor: textParameter(search, "actor"),
    error: textParameter(search, "error"),
    order: choiceParameter(search, "order", ["newest"] as const),
    event: event && /^[1-9]\d{0,18}$/.test(event) ? event : undefined,
  };
}
