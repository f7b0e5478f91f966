import { useQuery } from "@tanstack/react-query";
import { api, read } from "@/api";
import { decodeText } from "@/lib/bytes";
import { CANONICAL, type FieldPlaces } from "./places";

async function load(partnerId: string, version: number, signal: AbortSignal): Promise<FieldPlaces> {
  const call = api.GET("/api/partners/{partnerId}/configs/{version}", {
    params: { path: { partnerId, version } },
    signal,
  });
  const [{ files }, { placesOfMapping }] = await Promise.all([read(call), import("./mapping")]);
  const content = files?.find(({ path }) => path === "mapping.yaml")?.content;
  return content ? placesOfMapping(decodeText(content) ?? "") : CANONICAL;
}

/** Where a partner's payloads hold the canonical fields; their own names until that is known. */
export function usePlaces(partnerId: string | undefined, version: number | undefined): FieldPlaces {
  const { data } = useQuery({
    queryKey: ["errors", "places", partnerId, version],
    queryFn: ({ signal }) => load(partnerId ?? "", version ?? 0, signal),
    enabled: Boolean(partnerId && version),
    staleTime: Number.POSITIVE_INFINITY,
    retry: 1,
  });
  return data ?? CANONICAL;
}

/** The same by the newest config of the partner. */
export function useLivePlaces(partnerId: string | undefined): FieldPlaces {
  const { data } = useQuery({
    queryKey: ["errors", "live version", partnerId],
    queryFn: ({ signal }) =>
      read(
        api.GET("/api/partners/{partnerId}/configs", {
          params: { path: { partnerId: partnerId ?? "" }, query: { pageSize: 1 } },
          signal,
        }),
      ),
    enabled: Boolean(partnerId),
    select: ({ versions }) => versions?.[0]?.version,
    staleTime: 60_000,
    retry: 1,
  });
  return usePlaces(partnerId, data);
}
