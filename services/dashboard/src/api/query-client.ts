import { QueryClient } from "@tanstack/react-query";
import { ApiError } from "./errors";
import { backoff } from "./stream";

/** Reads are repeated where that may help; writes never by themselves. */
export function createQueryClient(): QueryClient {
  return new QueryClient({
    defaultOptions: {
      queries: {
        staleTime: 5_000,
        retry: (failures, error) => error instanceof ApiError && error.isTransient && failures < 4,
        retryDelay: (failures, error) =>
          Math.max(backoff(failures), ((error instanceof ApiError ? error.retryAfter : 0) ?? 0) * 1000),
      },
      mutations: { retry: false },
    },
  });
}
