import { keepPreviousData, useQuery } from "@tanstack/react-query";
import { ApiError, Code } from "@/api";
import { type Draft, draftProblem, type Fault, faultsOf } from "./config-files";
import { useDebounced } from "./use-debounced";

export interface ConfigCheck {
  readonly state: "incomplete" | "checking" | "sound" | "faulty" | "unknown";
  /** Why it cannot be sent at all. */
  readonly problem?: string;
  readonly faults: readonly Fault[];
  /** Why nobody could say. */
  readonly error?: unknown;
}

/** Whether a refusal is about the files, so that it belongs beside them. */
function isAboutFiles(error: unknown): error is ApiError {
  if (!(error instanceof ApiError) || error.code !== Code.INVALID_ARGUMENT) return false;
  return error.reason === "CONFIG_REFUSED" || error.fieldViolations.some(({ field }) => field.startsWith("files"));
}

export function faultsOfRefusal(error: unknown, draft: Draft): Fault[] | undefined {
  return isAboutFiles(error) ? faultsOf(error, draft) : undefined;
}

/**
 * Has the server compile a config and run its examples, whenever nothing was typed for a while; nothing is kept.
 * `revision` counts the changes of the draft and stands for it: the files themselves may be large.
 */
export function useConfigCheck(
  scope: readonly (string | number)[],
  draft: Draft,
  revision: number,
  send: (draft: Draft, signal: AbortSignal) => Promise<unknown>,
): ConfigCheck {
  const settled = useDebounced(revision, 600);
  const problem = draftProblem(draft);
  const { data, error, isFetching } = useQuery({
    queryKey: ["partners", "check", ...scope, settled],
    queryFn: async ({ signal }): Promise<Fault[]> => {
      try {
        await send(draft, signal);
        return [];
      } catch (failure) {
        const faults = faultsOfRefusal(failure, draft);
        if (faults) return faults;
        throw failure;
      }
    },
    enabled: !problem && settled === revision,
    placeholderData: keepPreviousData,
    refetchOnWindowFocus: false,
    gcTime: 0,
  });
  const faults = problem ? [] : (data ?? []);
  if (problem) return { state: "incomplete", problem, faults };
  if (settled !== revision || isFetching) return { state: "checking", faults };
  if (error) return { state: "unknown", faults: [], error };
  return { state: faults.length > 0 ? "faulty" : "sound", faults };
}
