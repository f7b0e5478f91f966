import { afterEach, describe, expect, test, vi } from "vitest";
import { adviceFor } from "./advice";
import { api, read } from "./client";
import { acceptConfig, loadConfig } from "./config";
import { credentials, recognise, renewWith } from "./credential";
import { ApiError, errorOfStatus, retryAfterOf } from "./errors";

const KEY = `omk_live_${"a".repeat(49)}`;
const TOKEN = "eyJh.eyJz.c2ln";

/** A token of an OIDC issuer that ends so many seconds from now. */
const ending = (seconds: number) =>
  `eyJh.${btoa(JSON.stringify({ exp: Math.floor(Date.now() / 1000) + seconds }))}.c2ln`;

const STALE = {
  code: 10,
  message: "it was changed meanwhile",
  details: [
    {
      "@type": "type.googleapis.com/google.rpc.ErrorInfo",
      reason: "STALE",
      domain: "ordermesh",
      metadata: { revision: "4" },
    },
    {
      "@type": "type.googleapis.com/google.rpc.BadRequest",
      fieldViolations: [{ field: "revision", description: "is not 4" }],
    },
  ],
};

function answer(status: number, body: unknown, headers: Record<string, string> = {}) {
  const respond = vi.fn<(request: Request) => Promise<Response>>(async () => Response.json(body, { status, headers }));
  vi.stubGlobal("fetch", respond);
  return respond;
}

afterEach(() => {
  vi.unstubAllGlobals();
  credentials.clear("left");
});

describe("a credential", () => {
  test("is recognised by its shape", () => {
    expect(recognise(` ${KEY}\n`)).toEqual({ kind: "key", secret: KEY });
    expect(recognise(TOKEN)).toEqual({ kind: "token", secret: TOKEN });
    expect(recognise(`Bearer ${TOKEN}`)).toEqual({ kind: "token", secret: TOKEN });
    expect(recognise(`"${TOKEN}"`)).toEqual({ kind: "token", secret: TOKEN });
    expect(recognise("hello")).toBeUndefined();
  });
  test("is kept in the session, or on the device where that is wanted", () => {
    credentials.set({ kind: "key", secret: KEY }, false);
    expect(sessionStorage.getItem("ordermesh.credential")).toContain(KEY);
    expect(localStorage.getItem("ordermesh.credential")).toBeNull();
    credentials.set({ kind: "key", secret: KEY }, true);
    expect(sessionStorage.getItem("ordermesh.credential")).toBeNull();
    expect(localStorage.getItem("ordermesh.credential")).toContain(KEY);
  });
  test("is gone everywhere after signing out", () => {
    credentials.set({ kind: "key", secret: KEY }, true);
    credentials.clear("left");
    expect(localStorage.getItem("ordermesh.credential")).toBeNull();
    expect(credentials.get()).toBeNull();
    expect(credentials.reason()).toBe("left");
  });
});

describe("a call", () => {
  test("waits for a new token where the old one has ended, and asks for it once", async () => {
    const respond = answer(200, {});
    const renew = vi.fn(async () => credentials.renew({ kind: "oidc", secret: "new" }));
    renewWith(renew);
    credentials.set({ kind: "oidc", secret: ending(60).replaceAll("=", "") }, false);
    await read(api.GET("/api/session"));
    expect(renew).not.toHaveBeenCalled();
    credentials.set({ kind: "oidc", secret: ending(-1).replaceAll("=", "") }, false);
    await Promise.all([read(api.GET("/api/session")), read(api.GET("/api/orders"))]);
    expect(renew).toHaveBeenCalledTimes(1);
    const sent = respond.mock.calls.slice(1).map(([request]) => request.headers.get("Authorization"));
    expect(sent).toEqual(["Bearer new", "Bearer new"]);
  });
  test("goes out with the old token where there is no new one: the server decides", async () => {
    const respond = answer(200, {});
    renewWith(() => Promise.reject(new Error("the issuer is away")));
    const secret = ending(-1).replaceAll("=", "");
    credentials.set({ kind: "oidc", secret }, false);
    await read(api.GET("/api/session"));
    expect(respond.mock.calls[0]?.[0].headers.get("Authorization")).toBe(`Bearer ${secret}`);
  });
  test("carries the credential and a request id", async () => {
    const respond = answer(200, { orders: [] });
    credentials.set({ kind: "key", secret: KEY }, false);
    await read(api.GET("/api/orders"));
    const [request] = respond.mock.calls[0] ?? [];
    expect(request?.headers.get("X-API-Key")).toBe(KEY);
    expect(request?.headers.get("X-Request-Id")).toMatch(/^[0-9a-f]{32}$/);
  });
  test("keeps a credential that it was given, and sends no other beside it", async () => {
    const respond = answer(200, {});
    credentials.set({ kind: "key", secret: KEY }, false);
    await read(api.GET("/api/session", { headers: { Authorization: `Bearer ${TOKEN}` } }));
    const [request] = respond.mock.calls[0] ?? [];
    expect(request?.headers.get("X-API-Key")).toBeNull();
    expect(request?.headers.get("Authorization")).toBe(`Bearer ${TOKEN}`);
  });
  test("fails with what the server said", async () => {
    answer(409, STALE, { "X-Request-Id": "r1", "Retry-After": "7" });
    const failure = await read(api.GET("/api/orders")).catch((error: unknown) => error);
    expect(failure).toBeInstanceOf(ApiError);
    expect(failure).toMatchObject({
      code: 10,
      status: 409,
      reason: "STALE",
      requestId: "r1",
      retryAfter: 7,
      isStale: true,
      metadata: { revision: "4" },
      fieldViolations: [{ field: "revision", description: "is not 4" }],
    });
  });
  test("that reaches nobody has a request id all the same", async () => {
    vi.stubGlobal("fetch", () => Promise.reject(new TypeError("Failed to fetch")));
    const failure = await read(api.GET("/api/orders")).catch((error: unknown) => error);
    expect(failure).toMatchObject({ status: 0, reason: "NETWORK", isTransient: true });
    expect((failure as ApiError).requestId).toMatch(/^[0-9a-f]{32}$/);
  });
  test("that is refused as unauthenticated ends the session", async () => {
    answer(401, { code: 16, message: "expired" });
    credentials.set({ kind: "token", secret: TOKEN }, false);
    await read(api.GET("/api/orders")).catch(() => undefined);
    expect(credentials.get()).toBeNull();
    expect(credentials.reason()).toBe("refused");
  });
  test("that was refused with an older credential leaves the newer one", async () => {
    credentials.set({ kind: "token", secret: TOKEN }, false);
    vi.stubGlobal("fetch", async () => {
      credentials.set({ kind: "key", secret: KEY }, false);
      return Response.json({ code: 16 }, { status: 401 });
    });
    await read(api.GET("/api/orders")).catch(() => undefined);
    expect(credentials.get()?.secret).toBe(KEY);
  });
});

describe("errors", () => {
  test("from a proxy without a body say so and are worth another try", () => {
    const error = errorOfStatus(undefined, 502, "r");
    expect(error.isTransient).toBe(true);
    expect(error.message).toContain("502");
  });
  test("say what to do, by their reason before their code", () => {
    expect(adviceFor(errorOfStatus(STALE, 409, "r"))).toContain("Somebody was quicker");
    expect(adviceFor(errorOfStatus({ code: 5 }, 404, "r"))).toContain("Check the id");
    expect(adviceFor(errorOfStatus({ code: 13 }, 500, "r"))).toContain("request id");
    expect(adviceFor(new Error("oops"))).toContain("Reload");
  });
  test("name the time to wait as seconds or as a date", () => {
    expect(retryAfterOf("12")).toBe(12);
    expect(retryAfterOf("Sun, 22 Nov 2026 12:00:10 GMT", Date.parse("2026-11-22T12:00:00Z"))).toBe(10);
    expect(retryAfterOf("soon")).toBeUndefined();
    expect(retryAfterOf(null)).toBeUndefined();
  });
});

test("the configuration is taken apart carefully", () => {
  expect(acceptConfig({ apiBase: "https://api.example.com/", oidc: null })).toEqual({
    apiBase: "https://api.example.com",
    oidc: null,
  });
  expect(acceptConfig({ oidc: { issuer: "https://id", clientId: "c" } })).toEqual({ apiBase: "", oidc: null });
  expect(acceptConfig(null)).toEqual({ apiBase: "", oidc: null });
  expect(() => acceptConfig({ apiBase: "api.example.com" })).toThrow("must begin with https://");
});

describe("an API on another origin", () => {
  async function failureOf(fetch: (request: Request | string) => Promise<Response>): Promise<ApiError> {
    vi.stubGlobal("fetch", async () => Response.json({ apiBase: "https://api.example.com" }));
    await loadConfig();
    vi.stubGlobal("fetch", fetch);
    const failure = await read(api.GET("/api/orders")).catch((error: unknown) => error);
    vi.stubGlobal("fetch", async () => Response.json({}));
    await loadConfig();
    return failure as ApiError;
  }
  test("gets the whole call", async () => {
    const calls: Request[] = [];
    await failureOf(async (request) => {
      if (typeof request !== "string") calls.push(request);
      return Response.json({});
    });
    expect(calls.map(({ url }) => url)).toEqual(["https://api.example.com/api/orders"]);
  });
  test("that answers but does not let the page read is told from one that is away", async () => {
    const refused = await failureOf(async (request) => {
      if (typeof request === "string") return new Response();
      throw new TypeError("Failed to fetch");
    });
    expect(refused).toMatchObject({ reason: "ORIGIN_REFUSED", isTransient: true });
    expect(refused.message).toContain("The API at https://api.example.com answers");
    expect(adviceFor(refused)).toContain(`add ${location.origin} to its --cors_origins`);
    const away = await failureOf(() => Promise.reject(new TypeError("Failed to fetch")));
    expect(away).toMatchObject({ reason: "NETWORK", isTransient: true });
  });
});
