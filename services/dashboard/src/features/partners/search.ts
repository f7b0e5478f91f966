import { choiceParameter, type RawSearch, textParameter } from "@/lib/search";

export interface PartnersSearch {
  readonly text?: string | undefined;
  readonly state?: "ACTIVE" | "SUSPENDED" | undefined;
  /** Shows the form for a new partner in place of the list. */
  readonly create?: "yes" | undefined;
}

export function partnersSearch(search: RawSearch): PartnersSearch {
  return {
    text: textParameter(search, "text"),
    state: choiceParameter(search, "state", ["ACTIVE", "SUSPENDED"] as const),
    create: choiceParameter(search, "create", ["yes"] as const),
  };
}

export const PARTNER_TABS = ["settings", "config", "keys"] as const;
export type PartnerTab = (typeof PARTNER_TABS)[number];

export interface PartnerSearch {
  readonly tab?: PartnerTab | undefined;
  /** The version of the config that is looked at; without it the live one. */
  readonly version?: string | undefined;
  /** The version it is compared with; without it the one before. */
  readonly base?: string | undefined;
  readonly view?: "files" | "changes" | undefined;
  readonly file?: string | undefined;
  /** Edits the version into a new one. */
  readonly edit?: "yes" | undefined;
}

function versionParameter(search: RawSearch, name: string): string | undefined {
  const text = textParameter(search, name);
  return text && /^[1-9]\d{0,9}$/.test(text) ? text : undefined;
}

export function partnerSearch(search: RawSearch): PartnerSearch {
  return {
    tab: choiceParameter(search, "tab", PARTNER_TABS),
    version: versionParameter(search, "version"),
    base: versionParameter(search, "base"),
    view: choiceParameter(search, "view", ["files", "changes"] as const),
    file: textParameter(search, "file"),
    edit: choiceParameter(search, "edit", ["yes"] as const),
  };
}
