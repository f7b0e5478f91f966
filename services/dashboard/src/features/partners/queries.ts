import { infiniteQueryOptions, type QueryClient, queryOptions } from "@tanstack/react-query";
import { api, type Partner, read } from "@/api";

export const partnersQuery = queryOptions({
  queryKey: ["partners", "list"],
  queryFn: async ({ signal }) => {
    const partners: Partner[] = [];
    let pageToken: string | undefined;
    do {
      const query = { pageSize: 1000, pageToken };
      const page = await read(api.GET("/api/partners", { params: { query }, signal }));
      partners.push(...(page.partners ?? []));
      pageToken = page.nextPageToken || undefined;
    } while (pageToken);
    return partners;
  },
});

export const partnerQuery = (partnerId: string) =>
  queryOptions({
    queryKey: ["partners", "one", partnerId],
    queryFn: ({ signal }) => read(api.GET("/api/partners/{partnerId}", { params: { path: { partnerId } }, signal })),
  });

export const versionsQuery = (partnerId: string) =>
  infiniteQueryOptions({
    queryKey: ["partners", "versions", partnerId],
    initialPageParam: "",
    queryFn: ({ signal, pageParam }) => {
      const query = { pageSize: 50, pageToken: pageParam || undefined };
      const path = { partnerId };
      return read(api.GET("/api/partners/{partnerId}/configs", { params: { path, query }, signal }));
    },
    getNextPageParam: (page) => page.nextPageToken || undefined,
  });

/** A version never changes, but for whether it is live. */
export const versionQuery = (partnerId: string, version: number) =>
  queryOptions({
    queryKey: ["partners", "version", partnerId, version],
    queryFn: ({ signal }) => {
      const path = { partnerId, version };
      return read(api.GET("/api/partners/{partnerId}/configs/{version}", { params: { path }, signal }));
    },
    staleTime: 60_000,
    enabled: version > 0,
  });

export const diffQuery = (partnerId: string, version: number, baseVersion: number) =>
  queryOptions({
    queryKey: ["partners", "diff", partnerId, version, baseVersion],
    queryFn: ({ signal }) => {
      const path = { partnerId, version };
      const params = { path, query: { baseVersion } };
      return read(api.GET("/api/partners/{partnerId}/configs/{version}/diff", { params, signal }));
    },
    staleTime: Number.POSITIVE_INFINITY,
    enabled: version > 0,
  });

export const keysQuery = (partnerId: string) =>
  queryOptions({
    queryKey: ["partners", "keys", partnerId],
    queryFn: ({ signal }) =>
      read(api.GET("/api/partners/{partnerId}/keys", { params: { path: { partnerId } }, signal })),
  });

/** After a change: everything that is shown of partners is read again. */
export function refreshPartners(queries: QueryClient): Promise<void> {
  return queries.invalidateQueries({ queryKey: ["partners"], predicate: ({ queryKey }) => queryKey[1] !== "diff" });
}
