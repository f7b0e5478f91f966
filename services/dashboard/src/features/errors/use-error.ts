import { useQuery, useQueryClient } from "@tanstack/react-query";
import { useCallback } from "react";
import { api, type ErrorEdit, type OrderError, read, useStream, type WatchErrorsResponse } from "@/api";
import { parseCount } from "@/lib/count";

const FOLLOW = 1_000;

export const errorKey = (id: string) => ["errors", "one", id] as const;
export const recordKey = (id: string) => ["errors", "record", id] as const;

/** The error, followed live: whatever anybody does to it shows within a second or two. */
export function useError(id: string) {
  const queries = useQueryClient();
  const query = useQuery({
    queryKey: errorKey(id),
    queryFn: ({ signal }) => read(api.GET("/api/errors/{id}", { params: { path: { id } }, signal })),
    // The stream tells of a verdict; asking as well keeps a retry followed while the stream is away.
    refetchInterval: ({ state }) => (state.data?.status === "RETRYING" ? FOLLOW : false),
  });
  const partnerId = query.data?.partnerId;
  const refresh = useCallback(() => {
    void queries.invalidateQueries({ queryKey: errorKey(id) });
    void queries.invalidateQueries({ queryKey: recordKey(id) });
  }, [queries, id]);
  const status = useStream<WatchErrorsResponse>({
    path: "/api/errors/watch",
    query: { fromEnd: "true", partnerId },
    enabled: Boolean(partnerId),
    onMessage: ({ errors }) => {
      const known = parseCount(queries.getQueryData<OrderError>(errorKey(id))?.revision);
      if (errors?.some(({ error }) => error?.id === id && parseCount(error.revision) > known)) refresh();
    },
    onGap: refresh,
  });
  return { query, status, refresh };
}

async function loadEdits(id: string, signal: AbortSignal): Promise<readonly ErrorEdit[]> {
  const edits: ErrorEdit[] = [];
  let pageToken = "";
  do {
    const query = pageToken ? { pageToken } : {};
    const page = await read(api.GET("/api/errors/{id}/edits", { params: { path: { id }, query }, signal }));
    edits.push(...(page.edits ?? []));
    pageToken = page.nextPageToken ?? "";
  } while (pageToken);
  return edits;
}

/** The original and every edit. What is there never changes, so only a new edit is a reason to ask again. */
export function useEdits(id: string, count: number | undefined) {
  return useQuery({
    queryKey: ["errors", "edits", id, count],
    queryFn: ({ signal }) => loadEdits(id, signal),
    enabled: count !== undefined,
    staleTime: Number.POSITIVE_INFINITY,
    placeholderData: (before) => before,
  });
}

/** Takes over what an action answered: it has no payload, which cannot have changed. */
export function useKeepError(id: string) {
  const queries = useQueryClient();
  return useCallback(
    (changed: OrderError) => {
      queries.setQueryData<OrderError>(errorKey(id), (old) => {
        if (old && parseCount(old.revision) > parseCount(changed.revision)) return old;
        return {
          ...changed,
          ...(old?.rawPayload && { rawPayload: old.rawPayload }),
          ...(old?.order && { order: old.order }),
        };
      });
      void queries.invalidateQueries({ queryKey: recordKey(id) });
      void queries.invalidateQueries({ queryKey: ["errors", "groups"] });
    },
    [queries, id],
  );
}
