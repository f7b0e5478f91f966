import { apiUrl, callHeaders, noteRefusal, unanswered } from "./client";
import { ApiError, brokenOff, errorOfResponse, errorOfStatus } from "./errors";

interface Line<T> {
  readonly result?: T;
  readonly error?: unknown;
}

export interface LinesOptions<T> {
  readonly path: string;
  readonly body: unknown;
  readonly signal: AbortSignal;
  onResult(result: T): void;
  /** Injected by tests. */
  readonly fetch?: typeof globalThis.fetch;
}

/**
 * Calls a method that answers with lines of JSON, and hands each over as it comes. Fails where the answer breaks off or
 * ends with an error: what came until then is not the whole.
 */
export async function postForLines<T>({ path, body, signal, onResult, fetch }: LinesOptions<T>): Promise<void> {
  const headers = await callHeaders();
  headers.set("Content-Type", "application/json");
  const requestId = headers.get("X-Request-Id") ?? "";
  try {
    const response = await (fetch ?? globalThis.fetch)(apiUrl(path), {
      method: "POST",
      headers,
      body: JSON.stringify(body),
      signal,
    }).catch(async (error: unknown) => {
      throw error instanceof TypeError ? await unanswered(error, requestId) : error;
    });
    if (!response.ok || !response.body) throw await errorOfResponse(response, requestId);
    await readLines<T>(response.body, requestId, onResult);
  } catch (error) {
    if (error instanceof ApiError) noteRefusal(error, headers);
    throw error instanceof TypeError ? brokenOff(error, requestId) : error;
  }
}

async function readLines<T>(
  body: ReadableStream<Uint8Array>,
  requestId: string,
  onResult: (result: T) => void,
): Promise<void> {
  const decoder = new TextDecoder();
  const reader = body.getReader();
  let rest = "";
  const hand = (text: string) => {
    if (text.trim() === "") return;
    const line = JSON.parse(text) as Line<T>;
    if (line.error) throw errorOfStatus(line.error, 200, requestId);
    if (line.result) onResult(line.result);
  };
  for (;;) {
    const { done, value } = await reader.read();
    rest += decoder.decode(value, { stream: !done });
    const lines = rest.split("\n");
    rest = lines.pop() ?? "";
    lines.forEach(hand);
    if (done) break;
  }
  hand(rest);
}
