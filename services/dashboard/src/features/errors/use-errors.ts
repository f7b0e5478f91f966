import { keepPreviousData, useInfiniteQuery, useQueryClient } from "@tanstack/react-query";
import { useCallback, useMemo, useState } from "react";
import { api, type OrderError, read, type StreamStatus, useStream, type WatchErrorsResponse } from "@/api";
import { belongs, listQuery } from "./filters";
import { addFresh, type Fresh, NO_FRESH } from "./fresh";
import type { ErrorsFilter } from "./search";

interface PageParam {
  readonly pageToken: string;
  readonly pageSize: number;
}

const FIRST: PageParam = { pageToken: "", pageSize: 100 };
const LATER_SIZE = 500;

function useList(filter: ErrorsFilter) {
  const queryKey = useMemo(() => ["errors", "list", filter], [filter]);
  const list = useInfiniteQuery({
    queryKey,
    queryFn: ({ pageParam: { pageToken, pageSize }, signal }) => {
      const query = { ...listQuery(filter), pageSize, ...(pageToken && { pageToken }) };
      return read(api.GET("/api/errors", { params: { query }, signal }));
    },
    initialPageParam: FIRST,
    getNextPageParam: ({ nextPageToken }) =>
      nextPageToken ? { pageToken: nextPageToken, pageSize: LATER_SIZE } : undefined,
    placeholderData: keepPreviousData,
    // The stream says what is new; reading all pages again would move rows under the reader.
    staleTime: Number.POSITIVE_INFINITY,
    gcTime: 0,
  });
  return { list, queryKey };
}

export interface Errors {
  readonly rows: readonly OrderError[];
  readonly fresh: Fresh;
  readonly status: StreamStatus;
  readonly list: ReturnType<typeof useList>["list"];
  loadMore(): void;
  /** Loads the list anew, with what has come. */
  showNew(): void;
}

/** The errors of a filter, last changed first, and what happens to them while they are looked at. */
export function useErrors(filter: ErrorsFilter): Errors {
  const { list, queryKey } = useList(filter);
  const queries = useQueryClient();
  const [fresh, setFresh] = useState(NO_FRESH);
  const pages = list.data?.pages;
  const loaded = useMemo(() => {
    const seen = new Set<string>();
    // A change moves an error to the top, so a later page may hold what an earlier one had.
    return (pages ?? []).flatMap(({ errors }) => errors ?? []).filter(({ id = "" }) => !seen.has(id) && seen.add(id));
  }, [pages]);
  const listed = useMemo(() => new Set(loaded.map(({ id }) => id ?? "")), [loaded]);
  const rows = useMemo(
    () => (fresh.changed.size > 0 ? loaded.map((row) => fresh.changed.get(row.id ?? "") ?? row) : loaded),
    [loaded, fresh.changed],
  );
  const status = useStream<WatchErrorsResponse>({
    path: "/api/errors/watch",
    query: { fromEnd: "true", partnerId: filter.partner },
    onMessage: ({ errors }) => {
      const came = (errors ?? []).flatMap(({ error }) => (error ? [error] : []));
      if (came.length > 0) setFresh((old) => addFresh(old, came, listed, (error) => belongs(error, filter)));
    },
    onGap: () => setFresh((old) => ({ ...old, perhaps: true })),
  });
  const { hasNextPage, isFetchingNextPage, fetchNextPage, isFetchNextPageError } = list;
  const loadMore = useCallback(() => {
    if (hasNextPage && !isFetchingNextPage && !isFetchNextPageError) void fetchNextPage();
  }, [hasNextPage, isFetchingNextPage, isFetchNextPageError, fetchNextPage]);
  function showNew() {
    setFresh(NO_FRESH);
    void queries.resetQueries({ queryKey });
  }
  return { rows, fresh, status, list, loadMore, showNew };
}
