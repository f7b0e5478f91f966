import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { credentials } from "./credential";
import { backoff, EventStream, type StreamOptions, type StreamState } from "./stream";

interface Connection {
  readonly url: string;
  readonly headers: Headers;
  send(text: string): Promise<void>;
  end(): Promise<void>;
  readonly signal: AbortSignal;
}

/** A server whose connections a test holds in its hands. */
function server(refusals: Response[] = []) {
  const connections: Connection[] = [];
  const encoder = new TextEncoder();
  const settle = () => vi.advanceTimersByTimeAsync(0);
  const fetch = async (url: string | URL | Request, init?: RequestInit) => {
    const refusal = refusals.shift();
    if (refusal) return refusal;
    let controller: ReadableStreamDefaultController<Uint8Array> | undefined;
    const body = new ReadableStream<Uint8Array>({ start: (given) => void (controller = given) });
    const signal = init?.signal as AbortSignal;
    signal.addEventListener("abort", () => controller?.error(signal.reason));
    connections.push({
      url: String(url),
      headers: init?.headers as Headers,
      signal,
      async send(text) {
        controller?.enqueue(encoder.encode(text));
        await settle();
      },
      async end() {
        controller?.close();
        await settle();
      },
    });
    return new Response(body, { headers: { "Content-Type": "text/event-stream" } });
  };
  return { connections, fetch };
}

interface Seen {
  messages: unknown[];
  states: StreamState[];
  gaps: number;
}

let open: EventStream<unknown>[] = [];

function follow(options: Partial<StreamOptions<unknown>>): Seen {
  const seen: Seen = { messages: [], states: [], gaps: 0 };
  const stream = new EventStream<unknown>({
    path: "/api/orders/watch",
    random: () => 0,
    onMessage: (message) => seen.messages.push(message),
    onState: (state) => seen.states.push(state),
    onGap: () => (seen.gaps += 1),
    ...options,
  });
  open.push(stream);
  return seen;
}

beforeEach(() => {
  vi.useFakeTimers();
});

afterEach(() => {
  for (const stream of open) stream.close();
  open = [];
  vi.useRealTimers();
});

describe("a stream", () => {
  test("hands over every event, also one that comes in pieces", async () => {
    const { connections, fetch } = server();
    const seen = follow({ fetch });
    await vi.advanceTimersByTimeAsync(0);
    await connections[0]?.send('id: 1\nevent: orders\ndata: {"a"');
    await connections[0]?.send(":1}\n\n:\n\nid: 2\nevent: orders\ndata: {}\n\n");
    expect(seen.messages).toEqual([{ a: 1 }, {}]);
    expect(seen.states).toEqual(["connecting", "live"]);
  });

  test("goes on after the last position when it breaks off", async () => {
    const { connections, fetch } = server();
    const seen = follow({ fetch, query: { fromEnd: "true" } });
    await vi.advanceTimersByTimeAsync(0);
    expect(connections[0]?.headers.get("Last-Event-ID")).toBeNull();
    await connections[0]?.send("id: 41\nevent: orders\ndata: {}\n\n");
    await connections[0]?.end();
    await vi.advanceTimersByTimeAsync(600);
    expect(connections[1]?.headers.get("Last-Event-ID")).toBe("41");
    expect(seen.states).toEqual(["connecting", "live", "reconnecting", "live"]);
    expect(seen.gaps).toBe(0);
  });

  test("says that something may be missing where it had no position to go on from", async () => {
    const { connections, fetch } = server();
    const seen = follow({ fetch });
    await vi.advanceTimersByTimeAsync(0);
    await connections[0]?.end();
    await vi.advanceTimersByTimeAsync(600);
    expect(connections).toHaveLength(2);
    expect(seen.gaps).toBe(1);
  });

  test("comes back when the server drains", async () => {
    const { connections, fetch } = server();
    follow({ fetch });
    await vi.advanceTimersByTimeAsync(0);
    await connections[0]?.send('event: error\ndata: {"code":14,"message":"draining"}\n\n');
    await vi.advanceTimersByTimeAsync(600);
    expect(connections).toHaveLength(2);
  });

  test("starts anew where its position is past the end", async () => {
    const gone = () => Response.json({ code: 11, message: "past the end" }, { status: 400 });
    const { connections, fetch } = server();
    let calls = 0;
    const seen = follow({ fetch: (...call) => (++calls === 2 ? Promise.resolve(gone()) : fetch(...call)) });
    await vi.advanceTimersByTimeAsync(0);
    await connections[0]?.send("id: 41\nevent: orders\ndata: {}\n\n");
    await connections[0]?.end();
    await vi.advanceTimersByTimeAsync(3000);
    expect(connections[1]?.headers.get("Last-Event-ID")).toBeNull();
    expect(seen.gaps).toBe(1);
  });

  test("waits as long as the server says", async () => {
    const busy = Response.json({ code: 8 }, { status: 429, headers: { "Retry-After": "20" } });
    const { connections, fetch } = server([busy]);
    follow({ fetch });
    await vi.advanceTimersByTimeAsync(19_000);
    expect(connections).toHaveLength(0);
    await vi.advanceTimersByTimeAsync(1_500);
    expect(connections).toHaveLength(1);
  });

  test("goes on with the new token when its own has ended, and ends where there is none", async () => {
    const { connections, fetch } = server();
    credentials.set({ kind: "oidc", secret: "old" }, false);
    const seen = follow({ fetch });
    await vi.advanceTimersByTimeAsync(0);
    await connections[0]?.send("id: 41\nevent: orders\ndata: {}\n\n");
    credentials.renew({ kind: "oidc", secret: "new" });
    const ended = 'event: error\ndata: {"code":16,"message":"the token has expired"}\n\n';
    await connections[0]?.send(ended);
    await vi.advanceTimersByTimeAsync(600);
    expect(connections[1]?.headers.get("Authorization")).toBe("Bearer new");
    expect(connections[1]?.headers.get("Last-Event-ID")).toBe("41");
    expect(credentials.get()?.secret).toBe("new");
    await connections[1]?.send(ended);
    expect(seen.states.at(-1)).toBe("ended");
    expect(credentials.reason()).toBe("refused");
  });

  test("ends where it is not allowed", async () => {
    const { connections, fetch } = server([Response.json({ code: 7, message: "no" }, { status: 403 })]);
    const seen = follow({ fetch });
    await vi.advanceTimersByTimeAsync(60_000);
    expect(seen.states).toEqual(["connecting", "ended"]);
    expect(connections).toHaveLength(0);
  });

  test("gives up a connection that is silent for three heartbeats", async () => {
    const { connections, fetch } = server();
    follow({ fetch });
    await vi.advanceTimersByTimeAsync(30_000);
    await connections[0]?.send(":\n\n");
    await vi.advanceTimersByTimeAsync(44_000);
    expect(connections[0]?.signal.aborted).toBe(false);
    await vi.advanceTimersByTimeAsync(2_000);
    expect(connections[0]?.signal.aborted).toBe(true);
    await vi.advanceTimersByTimeAsync(1_000);
    expect(connections).toHaveLength(2);
  });

  test("does nothing more after it was closed", async () => {
    const { connections, fetch } = server();
    const seen = follow({ fetch });
    await vi.advanceTimersByTimeAsync(0);
    open[0]?.close();
    await vi.advanceTimersByTimeAsync(60_000);
    expect(connections).toHaveLength(1);
    expect(seen.states).toEqual(["connecting", "live"]);
  });
});

test("delays double up to a quarter of a minute, and differ from client to client", () => {
  expect(backoff(0, () => 0)).toBe(250);
  expect(backoff(0, () => 1)).toBe(500);
  expect(backoff(3, () => 1)).toBe(4000);
  expect(backoff(50, () => 1)).toBe(15_000);
});
