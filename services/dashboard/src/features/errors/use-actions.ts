import { useState } from "react";
import { api, ApiError, type OrderError, read } from "@/api";
import { useKeepError } from "./use-error";

export interface ErrorActions {
  readonly busy: boolean;
  readonly failure: unknown;
  assign(assignee: string): Promise<void>;
  retry(): Promise<void>;
  reopen(): Promise<void>;
  tag(change: { add?: string[]; remove?: string[] }): Promise<void>;
  /** These two fail to whoever called, who shows it in his dialog. */
  discard(reason: string): Promise<void>;
  note(note: string): Promise<void>;
}

/** What can be done to one error, each on the revision that is shown. */
export function useErrorActions(
  error: OrderError,
  onDone: (before: OrderError, after: OrderError) => void,
  reload: () => void,
): ErrorActions {
  const [busy, setBusy] = useState(false);
  const [failure, setFailure] = useState<unknown>();
  const id = error.id ?? "";
  const keep = useKeepError(id);
  const params = { params: { path: { id } } };
  const revision = error.revision ?? "0";

  async function run(call: Promise<{ data?: OrderError }>) {
    setFailure(undefined);
    setBusy(true);
    try {
      const after = await read(call);
      keep(after);
      onDone(error, after);
    } catch (refusal) {
      if (refusal instanceof ApiError && refusal.isStale) reload();
      throw refusal;
    } finally {
      setBusy(false);
    }
  }
  const shown = (call: Promise<{ data?: OrderError }>) => run(call).catch(setFailure);

  return {
    busy,
    failure,
    assign: (assignee) => shown(api.POST("/api/errors/{id}/assign", { ...params, body: { revision, assignee } })),
    retry: () => shown(api.POST("/api/errors/{id}/retry", { ...params, body: { revision } })),
    reopen: () => shown(api.POST("/api/errors/{id}/reopen", { ...params, body: { revision } })),
    tag: (change) => shown(api.POST("/api/errors/{id}/tags", { ...params, body: { revision, ...change } })),
    discard: (reason) => run(api.POST("/api/errors/{id}/discard", { ...params, body: { revision, reason } })),
    note: (note) => run(api.POST("/api/errors/{id}/notes", { ...params, body: { note } })),
  };
}
