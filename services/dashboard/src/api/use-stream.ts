import { useEffect, useRef, useState } from "react";
import { useCredential } from "./credential";
import type { ApiError } from "./errors";
import { EventStream, type StreamOptions, type StreamState } from "./stream";

export interface StreamStatus {
  readonly state: StreamState;
  readonly error: ApiError | undefined;
  /** When the last message came. */
  readonly lastMessage: Date | undefined;
}

interface UseStreamOptions<T> extends Pick<StreamOptions<T>, "path" | "query" | "onMessage" | "onGap"> {
  readonly enabled?: boolean;
}

const IDLE: StreamStatus = { state: "connecting", error: undefined, lastMessage: undefined };

/** Follows a stream while the component is there; a change of path or query starts it anew. */
export function useStream<T>({ path, query, onMessage, onGap, enabled = true }: UseStreamOptions<T>): StreamStatus {
  const [status, setStatus] = useState(IDLE);
  const credential = useCredential();
  // A renewed token is no other person: the stream goes on with the old one, and takes the new one when that has ended.
  const who = credential?.kind === "oidc" ? credential.kind : credential;
  const handlers = useRef({ onMessage, onGap });
  useEffect(() => {
    handlers.current = { onMessage, onGap };
  });
  const queryText = JSON.stringify(query ?? {});

  useEffect(() => {
    if (!enabled || !who) return undefined;
    const stream = new EventStream<T>({
      path,
      query: JSON.parse(queryText) as Record<string, string>,
      onMessage(message, position) {
        setStatus((old) => ({ ...old, lastMessage: new Date() }));
        handlers.current.onMessage(message, position);
      },
      onState: (state, error) => setStatus((old) => ({ ...old, state, error })),
      onGap: () => handlers.current.onGap?.(),
    });
    return () => stream.close();
  }, [path, queryText, enabled, who]);

  return status;
}
