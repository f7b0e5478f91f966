import { createParser } from "eventsource-parser";
import { apiUrl, callHeaders, isOutdated, noteRefusal, unanswered } from "./client";
import { ApiError, Code, errorOfResponse, errorOfStatus, networkError } from "./errors";

/** What a stream is doing: events flow, or it tries to come back, or it ended for good. */
export type StreamState = "connecting" | "live" | "reconnecting" | "ended";

export interface StreamOptions<T> {
  readonly path: string;
  readonly query?: Readonly<Record<string, string | undefined>>;
  /** Each message, with the position that it can be resumed from. */
  onMessage(message: T, position: string): void;
  onState?(state: StreamState, error?: ApiError): void;
  /** Something may have been missed: what is shown should be read anew. */
  onGap?(): void;
  /** Injected by tests. */
  readonly fetch?: typeof globalThis.fetch;
  readonly random?: () => number;
}

const FIRST_DELAY = 500;
const LONGEST_DELAY = 15_000;
/** The gateway sends a comment every 15 s to a quiet stream; after three of them are missing the connection is dead. */
const SILENCE = 45_000;
/** How long a stream goes on in a tab that nobody sees. Browsers allow few connections to one host. */
const HIDDEN = 60_000;

/** Half to all of a delay that doubles, so that clients do not come back all at once. */
export function backoff(attempt: number, random: () => number = Math.random): number {
  const full = Math.min(LONGEST_DELAY, FIRST_DELAY * 2 ** Math.min(attempt, 10));
  return full / 2 + (random() * full) / 2;
}

/** Follows server-sent events over fetch, which can send a credential, until it is closed. */
export class EventStream<T> {
  private readonly options: StreamOptions<T>;
  private state: StreamState | undefined;
  private connection: AbortController | undefined;
  /** What the newest connection was opened with. */
  private headers = new Headers();
  private timer: ReturnType<typeof setTimeout> | undefined;
  private watchdog: ReturnType<typeof setTimeout> | undefined;
  private hiddenTimer: ReturnType<typeof setTimeout> | undefined;
  private position = "";
  private attempt = 0;
  private started = false;
  private closed = false;

  constructor(options: StreamOptions<T>) {
    this.options = options;
    globalThis.addEventListener("online", this.wake);
    document.addEventListener("visibilitychange", this.onVisibility);
    void this.connect();
  }

  close(): void {
    this.closed = true;
    globalThis.removeEventListener("online", this.wake);
    document.removeEventListener("visibilitychange", this.onVisibility);
    clearTimeout(this.timer);
    clearTimeout(this.hiddenTimer);
    this.disconnect();
  }

  private disconnect(): void {
    clearTimeout(this.watchdog);
    const connection = this.connection;
    this.connection = undefined;
    connection?.abort();
  }

  private tell(state: StreamState, error?: ApiError): void {
    if (this.closed || (state === this.state && !error)) return;
    this.state = state;
    this.options.onState?.(state, error);
  }

  private readonly wake = (): void => {
    if (this.closed || this.state === "ended" || this.connection) return;
    clearTimeout(this.timer);
    void this.connect();
  };

  private readonly onVisibility = (): void => {
    clearTimeout(this.hiddenTimer);
    if (document.visibilityState === "visible") {
      this.wake();
      return;
    }
    this.hiddenTimer = setTimeout(() => {
      clearTimeout(this.timer);
      this.disconnect();
      if (this.state !== "ended") this.tell("reconnecting");
    }, HIDDEN);
  };

  private async connect(): Promise<void> {
    const connection = new AbortController();
    this.connection = connection;
    this.tell(this.started ? "reconnecting" : "connecting");
    this.feedWatchdog(connection);
    let failure: ApiError;
    try {
      await this.follow(connection);
      failure = networkError(undefined, "");
    } catch (error) {
      failure = error instanceof ApiError ? error : networkError(error, "");
    }
    // A connection that was given up on purpose does not come back by itself.
    if (this.connection !== connection) return;
    this.disconnect();
    this.comeBack(failure);
  }

  private comeBack(error: ApiError): void {
    if (error.code === Code.OUT_OF_RANGE) {
      // The position is past the end: the store was restored from a backup. It starts anew from what is there.
      this.position = "";
    } else if (!this.mayComeBack(error)) {
      this.tell("ended", error);
      return;
    }
    this.tell("reconnecting", error);
    const delay = Math.max(backoff(this.attempt, this.options.random), (error.retryAfter ?? 0) * 1000);
    this.attempt += 1;
    this.timer = setTimeout(() => void this.connect(), delay);
  }

  private mayComeBack(error: ApiError): boolean {
    // The token that it was opened with has ended, and there is a new one.
    if (error.code === Code.UNAUTHENTICATED) return isOutdated(this.headers);
    return error.isTransient || error.code === Code.INTERNAL || error.code === Code.UNKNOWN;
  }

  private feedWatchdog(connection: AbortController): void {
    clearTimeout(this.watchdog);
    this.watchdog = setTimeout(() => connection.abort(new DOMException("silent", "TimeoutError")), SILENCE);
  }

  private async follow(connection: AbortController): Promise<void> {
    const query = new URLSearchParams();
    for (const [name, value] of Object.entries(this.options.query ?? {})) if (value) query.set(name, value);
    const headers = await callHeaders();
    this.headers = headers;
    headers.set("Accept", "text/event-stream");
    if (this.position) headers.set("Last-Event-ID", this.position);
    const requestId = headers.get("X-Request-Id") ?? "";
    const response = await (this.options.fetch ?? globalThis.fetch)(apiUrl(`${this.options.path}?${query}`), {
      headers,
      signal: connection.signal,
      cache: "no-store",
    }).catch(async (error: unknown) => {
      throw error instanceof TypeError ? await unanswered(error, requestId) : error;
    });
    if (!response.ok || !response.body) {
      const error = await errorOfResponse(response, requestId);
      noteRefusal(error, headers);
      throw error;
    }
    if (this.started && !this.position) this.options.onGap?.();
    this.started = true;
    this.tell("live");
    await this.readEvents(response.body, connection, requestId, headers);
  }

  private async readEvents(
    body: ReadableStream<Uint8Array>,
    connection: AbortController,
    requestId: string,
    headers: Headers,
  ): Promise<void> {
    let failure: ApiError | undefined;
    const parser = createParser({
      onEvent: ({ id, event, data }) => {
        if (event === "error") {
          failure = errorOfStatus(JSON.parse(data), 200, requestId);
          return;
        }
        if (id) this.position = id;
        this.attempt = 0;
        this.options.onMessage(JSON.parse(data) as T, id ?? "");
      },
    });
    const decoder = new TextDecoder();
    const reader = body.getReader();
    for (;;) {
      const { done, value } = await reader.read();
      if (done || this.connection !== connection) break;
      this.feedWatchdog(connection);
      parser.feed(decoder.decode(value, { stream: true }));
      if (failure) break;
    }
    if (!failure) return;
    noteRefusal(failure, headers);
    throw failure;
  }
}
