import createClient, { type Middleware } from "openapi-fetch";
import { newRequestId } from "@/lib/ids";
import { runtimeConfig } from "./config";
import { type Credential, credentialHeader, credentials, usableCredential } from "./credential";
import { ApiError, Code, errorOfResponse, networkError, originRefused } from "./errors";
import type { paths } from "./schema";

const REQUEST_ID = "X-Request-Id";

/** Headers of a call: who asks, and an id that finds it in the logs even where no answer came. */
export async function callHeaders(): Promise<Headers> {
  return headersFor(await usableCredential());
}

function headersFor(credential: Credential | null): Headers {
  const headers = new Headers({ [REQUEST_ID]: newRequestId() });
  if (credential) headers.set(...credentialHeader(credential));
  return headers;
}

export function apiUrl(path: string): string {
  return `${runtimeConfig().apiBase}${path}`;
}

/** Whether a call went out with another credential than the one that is there now. */
export function isOutdated(headers: Headers): boolean {
  const credential = credentials.get();
  if (!credential) return false;
  const [name, value] = credentialHeader(credential);
  return headers.get(name) !== value;
}

/** Forgets a credential that the server does not take any more, unless another one has come meanwhile. */
export function noteRefusal(error: ApiError, headers: Headers): void {
  if (error.code === Code.UNAUTHENTICATED && credentials.get() && !isOutdated(headers)) credentials.clear("refused");
}

/**
 * Why a call got no answer. To a page an API that is away looks like one on another origin that does not allow it;
 * asked in a way that gives nothing to read, the second one answers.
 */
export async function unanswered(cause: unknown, requestId: string): Promise<ApiError> {
  const { apiBase } = runtimeConfig();
  if (!apiBase || new URL(apiBase).origin === location.origin) return networkError(cause, requestId);
  const probe = { mode: "no-cors", cache: "no-store", signal: AbortSignal.timeout(5_000) } as const;
  const there = await fetch(`${apiBase}/healthz`, probe).then(
    () => true,
    () => false,
  );
  return there ? originRefused(apiBase, cause, requestId) : networkError(cause, requestId);
}

/** The same request to the API. Its body is read: as a stream browsers would send it over HTTP/2 only. */
async function toApi(request: Request): Promise<Request> {
  const { apiBase } = runtimeConfig();
  if (!apiBase) return request;
  const { pathname, search } = new URL(request.url);
  const { method, headers, signal } = request;
  const body = request.body ? await request.text() : null;
  return new Request(`${apiBase}${pathname}${search}`, { method, headers, signal, body });
}

const middleware: Middleware = {
  async onRequest({ request }) {
    const sent = await toApi(request);
    const given = sent.headers.has("Authorization") || sent.headers.has("X-API-Key");
    for (const [name, value] of given ? headersFor(null) : await callHeaders()) sent.headers.set(name, value);
    return sent;
  },
  async onResponse({ request, response }) {
    if (response.ok || response.status === 304) return undefined;
    const error = await errorOfResponse(response, request.headers.get(REQUEST_ID) ?? "");
    noteRefusal(error, request.headers);
    throw error;
  },
  onError({ request, error }) {
    if (error instanceof ApiError || (error instanceof DOMException && error.name === "AbortError")) return undefined;
    return unanswered(error, request.headers.get(REQUEST_ID) ?? "");
  },
};

/** The API, typed by its document. Calls fail with ApiError; `read` gives what they answer. */
export const api = createClient<paths>({
  baseUrl: globalThis.location?.origin ?? "",
  fetch: (request) => globalThis.fetch(request),
});
api.use(middleware);

/** The body of an answer. It is there, because every failure is thrown before. */
export async function read<T>(answer: Promise<{ data?: T }>): Promise<NonNullable<T>> {
  const { data } = await answer;
  return data as NonNullable<T>;
}
