import { useInfiniteQuery } from "@tanstack/react-query";
import { useEffect, useMemo } from "react";
import { api, type ErrorEvent, read } from "@/api";
import { chainOf } from "./chain";
import type { AuditSearch } from "./search";

const PAGE = 500;

/**
 * The events that fit the filters. The log is read from its beginning, a page at a time; `all` reads on by itself to
 * the end, which is the only way to the newest.
 */
export function useEvents({ partner, actor, error }: AuditSearch, all: boolean) {
  const query = useInfiniteQuery({
    queryKey: ["audit", partner, actor, error],
    initialPageParam: "",
    queryFn: ({ signal, pageParam }) => {
      const filters = { partnerId: partner, actor, errorId: error };
      const params = { query: { ...filters, pageSize: PAGE, pageToken: pageParam || undefined } };
      return read(api.GET("/api/error-events", { params, signal }));
    },
    getNextPageParam: (page) => page.nextPageToken || undefined,
  });
  const { data, hasNextPage, isFetchingNextPage, isFetchNextPageError, fetchNextPage } = query;
  // A page may hold nothing although others follow: the server looks at so many events at a time.
  const lastIsEmpty = data !== undefined && (data.pages.at(-1)?.events ?? []).length === 0;
  const goOn = hasNextPage && !isFetchingNextPage && !isFetchNextPageError && (all || lastIsEmpty);
  useEffect(() => {
    if (goOn) void fetchNextPage();
  }, [goOn, fetchNextPage, data]);
  const events = useMemo<ErrorEvent[]>(() => data?.pages.flatMap((page) => page.events ?? []) ?? [], [data]);
  const chain = useMemo(() => chainOf(events), [events]);
  return { ...query, events, chain };
}
