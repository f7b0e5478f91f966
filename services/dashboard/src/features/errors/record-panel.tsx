import { useQuery } from "@tanstack/react-query";
import { api, read } from "@/api";
import { ErrorNotice, FlightRecorder, Panel, SkeletonLines } from "@/ui";
import { recordKey } from "./use-error";

/** Everything that happened to the error, from its arrival on. */
export function RecordPanel({ id }: { readonly id: string }) {
  const { data, isError, error, refetch } = useQuery({
    queryKey: recordKey(id),
    queryFn: ({ signal }) => read(api.GET("/api/errors/{id}/record", { params: { path: { id } }, signal })),
  });
  return (
    <Panel title="Flight recorder" description="Everything that happened to it, from its arrival on">
      {isError && !data && (
        <ErrorNotice error={error} title="The history could not be loaded" onRetry={() => void refetch()} />
      )}
      {!data && !isError && <SkeletonLines lines={5} label="Loading the history" />}
      {data && <FlightRecorder record={data} about="error" />}
    </Panel>
  );
}
