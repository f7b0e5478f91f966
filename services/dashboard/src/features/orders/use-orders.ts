import { keepPreviousData, useInfiniteQuery, useQueryClient } from "@tanstack/react-query";
import { useCallback, useEffect, useMemo, useRef, useState } from "react";
import { api, read, type StreamStatus, useStream, type WatchOrdersResponse } from "@/api";
import { addFresh, compareHead, type FreshOrders, NO_FRESH, showFresh } from "./fresh-orders";
import { matches, type OrderRow, queryOf, toRow } from "./order-row";
import type { OrdersSearch } from "./search";

interface PageParam {
  readonly pageToken: string;
  readonly pageSize: number;
}

/** The first page is there at once; those for who scrolls on are large. */
const FIRST: PageParam = { pageToken: "", pageSize: 100 };
const LATER_SIZE = 500;

async function loadPage(search: OrdersSearch, { pageToken, pageSize }: PageParam, signal?: AbortSignal) {
  const query = { ...queryOf(search), pageSize, ...(pageToken && { pageToken }) };
  const page = await read(api.GET("/api/orders", { params: { query }, ...(signal && { signal }) }));
  return { rows: (page.orders ?? []).map(toRow), nextPageToken: page.nextPageToken ?? "" };
}

function useList(search: OrdersSearch) {
  const queryKey = useMemo(() => ["orders", "list", search], [search]);
  const list = useInfiniteQuery({
    queryKey,
    queryFn: ({ pageParam, signal }) => loadPage(search, pageParam, signal),
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

/** The newest page is compared so long after the stream is there: an order may have come between list and stream. */
const SETTLE = 1000;

export interface Orders {
  readonly rows: readonly OrderRow[];
  readonly fresh: FreshOrders;
  readonly status: StreamStatus;
  readonly list: ReturnType<typeof useList>["list"];
  loadMore(): void;
  /** Puts the waiting ones on top; loads the list anew where that is not enough. */
  showNew(): void;
}

/** The orders of a search, newest first, and those that come while they are looked at. */
export function useOrders(search: OrdersSearch): Orders {
  const { list, queryKey } = useList(search);
  const queries = useQueryClient();
  const [fresh, setFresh] = useState(NO_FRESH);
  const pages = list.data?.pages;
  const loaded = useMemo(() => (pages ?? []).flatMap(({ rows }) => rows), [pages]);
  const listed = useMemo(() => new Set((pages?.[0]?.rows ?? []).map(({ id }) => id)), [pages]);
  const rows = useMemo(() => (fresh.shown.length > 0 ? [...fresh.shown, ...loaded] : loaded), [fresh.shown, loaded]);

  const newest = useRef({ listed, search });
  useEffect(() => {
    newest.current = { listed, search };
  });
  const checkHead = useCallback(async () => {
    const { rows: head, nextPageToken } = await loadPage(search, FIRST);
    setFresh((old) => compareHead(old, head, newest.current.listed, nextPageToken === ""));
  }, [search]);

  const status = useStream<WatchOrdersResponse>({
    path: "/api/orders/watch",
    query: { fromEnd: "true", ...(search.partner && { partnerId: search.partner }) },
    onMessage: ({ orders }) => {
      const arrived = (orders ?? []).flatMap(({ order }) => (order && matches(order, search) ? [toRow(order)] : []));
      if (arrived.length > 0) setFresh((old) => addFresh(old, arrived.reverse(), listed));
    },
    onGap: () => void checkHead().catch(() => undefined),
  });
  const ready = status.state === "live" && list.isSuccess && !list.isPlaceholderData;
  useEffect(() => {
    if (!ready) return undefined;
    const timer = setTimeout(() => void checkHead().catch(() => undefined), SETTLE);
    return () => clearTimeout(timer);
  }, [ready, checkHead]);

  const { hasNextPage, isFetchingNextPage, fetchNextPage, isFetchNextPageError } = list;
  const loadMore = useCallback(() => {
    if (hasNextPage && !isFetchingNextPage && !isFetchNextPageError) void fetchNextPage();
  }, [hasNextPage, isFetchingNextPage, isFetchNextPageError, fetchNextPage]);

  function showNew() {
    if (fresh.overflow) {
      setFresh(NO_FRESH);
      void queries.resetQueries({ queryKey });
    } else {
      setFresh(showFresh);
    }
  }
  return { rows, fresh, status, list, loadMore, showNew };
}
