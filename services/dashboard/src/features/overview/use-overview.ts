import { useState } from "react";
import { type Overview, type StreamStatus, useStream } from "@/api";
import { addOverview, type Sample } from "./flow";

export interface OverviewState {
  readonly status: StreamStatus;
  /** The newest message; undefined until the first one came. */
  readonly overview: Overview | undefined;
  readonly samples: readonly Sample[];
}

/** How the mesh is doing, every second. */
export function useOverview(): OverviewState {
  const [state, setState] = useState<Omit<OverviewState, "status">>({ overview: undefined, samples: [] });
  const status = useStream<Overview>({
    path: "/api/overview/watch",
    onMessage: (message) =>
      setState((old) => ({
        overview: { ...message, history: [] },
        samples: addOverview(old.samples, message),
      })),
  });
  return { status, ...state };
}
