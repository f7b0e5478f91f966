import { useQuery } from "@tanstack/react-query";
import { api, read } from "./client";
import { isPartner, useSession } from "./session";

/** The partners to choose from; undefined for a partner, who sees nobody else's. */
export function usePartnerIds(): readonly string[] | undefined {
  const own = isPartner(useSession());
  const { data } = useQuery({
    queryKey: ["partner-ids"],
    queryFn: ({ signal }) => read(api.GET("/api/partners", { params: { query: { pageSize: 1000 } }, signal })),
    select: ({ partners }) => (partners ?? []).map(({ partnerId }) => partnerId),
    staleTime: 60_000,
    enabled: !own,
  });
  return own ? undefined : (data ?? []);
}
