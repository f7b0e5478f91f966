import { describe, expect, it } from "vitest";
import { ApiError } from "./errors";
import { postForLines } from "./lines";

function answering(...chunks: string[]): typeof fetch {
  return async () => {
    const body = new ReadableStream<Uint8Array>({
      start(controller) {
        for (const chunk of chunks) controller.enqueue(new TextEncoder().encode(chunk));
        controller.close();
      },
    });
    return new Response(body, { status: 200 });
  };
}

async function collect(fetch: typeof globalThis.fetch): Promise<unknown[]> {
  const results: unknown[] = [];
  const signal = new AbortController().signal;
  await postForLines({ path: "/x", body: {}, signal, onResult: (result) => results.push(result), fetch });
  return results;
}

describe("lines of JSON", () => {
  it("are handed over whole, wherever the network cuts them", async () => {
    const all = '{"result":{"matched":"3"}}\n{"result":{"name":"\u00e9"}}\n';
    const bytes = new TextEncoder().encode(all);
    const cut = new ReadableStream<Uint8Array>({
      start(controller) {
        for (const byte of bytes) controller.enqueue(Uint8Array.of(byte));
        controller.close();
      },
    });
    expect(await collect(async () => new Response(cut))).toEqual([{ matched: "3" }, { name: "\u00e9" }]);
  });
  it("need no line feed behind the last one", async () => {
    expect(await collect(answering('{"result":1}\n{"res', 'ult":2}'))).toEqual([1, 2]);
  });
  it("fail with what the server says at the end", async () => {
    const failing = collect(answering('{"result":1}\n{"error":{"code":14,"message":"validation is away"}}\n'));
    await expect(failing).rejects.toMatchObject({ code: 14, message: "validation is away" });
  });
  it("fail where they break off", async () => {
    const body = new ReadableStream<Uint8Array>({
      start(controller) {
        controller.enqueue(new TextEncoder().encode('{"result":1}\n'));
        controller.error(new TypeError("network error"));
      },
    });
    await expect(collect(async () => new Response(body))).rejects.toMatchObject({ reason: "BROKEN_OFF" });
  });
  it("fail where the call is refused", async () => {
    const refused = async () => new Response('{"code":7,"message":"no"}', { status: 403 });
    await expect(collect(refused)).rejects.toBeInstanceOf(ApiError);
  });
});
