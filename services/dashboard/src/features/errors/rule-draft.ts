import type { FormOperation } from "./patch-model";
import type { FixSearch } from "./search";

/** The rule that somebody is writing. It survives a reload; it is not in the address, where payloads do not belong. */
export interface RuleDraft {
  readonly operations: readonly FormOperation[];
  readonly alsoFailing: boolean;
  readonly rate: string;
}

const KEY = "ordermesh.rule";

const nameOf = (search: FixSearch) =>
  JSON.stringify(
    Object.entries(search)
      .filter(([, value]) => value)
      .sort(),
  );

export function loadRule(search: FixSearch): RuleDraft | undefined {
  try {
    const kept = JSON.parse(sessionStorage.getItem(KEY) ?? "null") as { of?: string; rule?: RuleDraft } | null;
    return kept?.of === nameOf(search) && Array.isArray(kept.rule?.operations) ? kept.rule : undefined;
  } catch {
    return undefined;
  }
}

export function saveRule(search: FixSearch, rule: RuleDraft): void {
  try {
    sessionStorage.setItem(KEY, JSON.stringify({ of: nameOf(search), rule }));
  } catch {
    // Where nothing may be stored it holds until the page is left.
  }
}
