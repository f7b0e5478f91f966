/** What somebody has typed and not saved: it survives a reload of the tab. */
export interface Draft {
  readonly text: string;
  /** The revision of the error that it is based on. */
  readonly revision: string;
  /** The number of the payload that it is based on: 0 the original, 1 the first edit. */
  readonly base: number;
}

const key = (id: string) => `ordermesh.draft.${id}`;

export function loadDraft(id: string): Draft | undefined {
  try {
    const draft = JSON.parse(sessionStorage.getItem(key(id)) ?? "null") as Partial<Draft> | null;
    if (typeof draft?.text !== "string" || typeof draft.revision !== "string" || typeof draft.base !== "number") {
      return undefined;
    }
    return { text: draft.text, revision: draft.revision, base: draft.base };
  } catch {
    return undefined;
  }
}

/** False where it could not be kept: it is too large for the browser, or nothing may be stored. */
export function saveDraft(id: string, draft: Draft): boolean {
  try {
    sessionStorage.setItem(key(id), JSON.stringify(draft));
    return true;
  } catch {
    return false;
  }
}

export function dropDraft(id: string): void {
  try {
    sessionStorage.removeItem(key(id));
  } catch {
    // Where nothing may be stored there is nothing to remove.
  }
}

/**
 * The revision that a draft counts as based on after one's own action. Where exactly that action came between, nothing
 * of somebody else's can be overlooked; otherwise the draft stays based on what its author saw.
 */
export function afterOwnAction(draft: Draft, before: string | undefined, after: string | undefined): Draft {
  const only = draft.revision === before && BigInt(after ?? "0") === BigInt(before ?? "0") + 1n;
  return only && after ? { ...draft, revision: after } : draft;
}
