import { useState } from "react";
import { ApiError, api, type ErrorEdit, type OrderError, read } from "@/api";
import { afterOwnAction, type Draft, dropDraft, loadDraft, saveDraft } from "./draft";
import { type Payload, payloadBody, payloadOf } from "./payload";
import { useKeepError } from "./use-error";

export interface Editor {
  readonly kind: Payload["kind"];
  readonly text: string;
  /** What the text is compared with: the payload that it is based on. */
  readonly baseText: string;
  readonly base: number;
  readonly changed: boolean;
  /** The revision that the draft is based on, where the error has another one by now. */
  readonly staleSince: string | undefined;
  /** Saving was refused because of that. */
  readonly refused: boolean;
  readonly busy: boolean;
  readonly error: unknown;
  /** The draft is too large to survive a reload. */
  readonly unkept: boolean;
  type(text: string): void;
  startOver(): void;
  /** Goes on with this text on the newest revision. */
  takeOver(): void;
  save(options: { comment: string; retry: boolean }): Promise<boolean>;
  /** After one's own action that changed the error without touching its payload. */
  noteOwnAction(before: OrderError, after: OrderError): void;
}

/** A draft over the payload that counts. It is kept in the tab, and never lost to what others do. */
export function useEditor(id: string, error: OrderError, edits: readonly ErrorEdit[], reload: () => void): Editor {
  const [draft, setDraft] = useState(() => loadDraft(id));
  const [unkept, setUnkept] = useState(false);
  const [busy, setBusy] = useState(false);
  const [failure, setFailure] = useState<unknown>();
  const keep = useKeepError(id);
  const newest = edits.length - 1;
  const base = draft && draft.base <= newest ? draft.base : newest;
  const { kind, text: baseText } = payloadOf(edits[base] ?? error);
  const revision = error.revision ?? "0";
  const text = draft?.text ?? baseText;
  const staleSince = draft && draft.revision !== revision ? draft.revision : undefined;

  function change(next: Draft | undefined) {
    setDraft(next);
    if (next) setUnkept(!saveDraft(id, next));
    else dropDraft(id);
  }

  async function save({ comment, retry }: { comment: string; retry: boolean }): Promise<boolean> {
    if (!draft) return false;
    setBusy(true);
    setFailure(undefined);
    try {
      const body = { ...payloadBody(kind, draft.text), revision: draft.revision, comment, retry };
      const saved = await read(api.POST("/api/errors/{id}/edits", { params: { path: { id } }, body }));
      change(undefined);
      keep(saved);
      return true;
    } catch (refusal) {
      setFailure(refusal);
      reload();
      return false;
    } finally {
      setBusy(false);
    }
  }

  return {
    kind,
    text,
    baseText,
    base,
    changed: draft !== undefined && draft.text !== baseText,
    staleSince,
    refused: failure instanceof ApiError && failure.isStale,
    busy,
    error: failure instanceof ApiError && failure.isStale && staleSince ? undefined : failure,
    unkept,
    type: (typed) =>
      change(typed === baseText ? undefined : { text: typed, revision: draft?.revision ?? revision, base }),
    startOver() {
      setFailure(undefined);
      change(undefined);
    },
    takeOver() {
      setFailure(undefined);
      change({ text, revision, base: newest });
    },
    save,
    noteOwnAction(before, after) {
      if (draft) change(afterOwnAction(draft, before.revision, after.revision));
    },
  };
}
