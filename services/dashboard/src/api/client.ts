import createClient, { type Middleware } from "openapi-fetch";
import { newRequestId } from "@/lib/ids";
import { runtimeConfig } from "./config";
import { type Credential, credentialHeader, credentials } from "./credential";
import { ApiError, Code, errorOfResponse, networkError } from "./errors";
import type { paths } from "./schema";

const REQUEST_ID = "X-Request-Id";

/** Headers of a call: who asks, and an id that finds it in the logs even where no answer came. */
export function callHeaders(credential: Credential | null = credentials.get()): Headers {
  const headers = new Headers({ [REQUEST_ID]: newRequestId() });
  if (credential) headers.set(...credentialHeader(credential));
  return headers;
}

export function apiUrl(path: string): string {
  return `${runtimeConfig().apiBase}${path}`;
}

/** Forgets a credential that the server does not take any more, unless another one has come meanwhile. */
export function noteRefusal(error: ApiError, headers: Headers): void {
  const credential = credentials.get();
  if (error.code !== Code.UNAUTHENTICATED || !credential) return;
  const [name, value] = credentialHeader(credential);
  if (headers.get(name) === value) credentials.clear("refused");
}

const middleware: Middleware = {
  onRequest({ request }) {
    const { apiBase } = runtimeConfig();
    const { pathname, search } = new URL(request.url);
    const sent = apiBase ? new Request(`${apiBase}${pathname}${search}`, request) : request;
    const given = sent.headers.has("Authorization") || sent.headers.has("X-API-Key");
    for (const [name, value] of callHeaders(given ? null : credentials.get())) sent.headers.set(name, value);
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
    return networkError(error, request.headers.get(REQUEST_ID) ?? "");
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
