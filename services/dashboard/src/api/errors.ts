/** One field of a request that was refused, as google.rpc.BadRequest names it. */
export interface FieldViolation {
  readonly field: string;
  readonly description: string;
}

interface StatusBody {
  code?: number;
  message?: string;
  details?: ({ "@type"?: string } & Record<string, unknown>)[];
}

/** google.rpc.Code, those that the mesh uses. */
export const Code = {
  CANCELLED: 1,
  UNKNOWN: 2,
  INVALID_ARGUMENT: 3,
  DEADLINE_EXCEEDED: 4,
  NOT_FOUND: 5,
  ALREADY_EXISTS: 6,
  PERMISSION_DENIED: 7,
  RESOURCE_EXHAUSTED: 8,
  FAILED_PRECONDITION: 9,
  ABORTED: 10,
  OUT_OF_RANGE: 11,
  INTERNAL: 13,
  UNAVAILABLE: 14,
  UNAUTHENTICATED: 16,
} as const;

const codeNames = new Map<number, string>(Object.entries(Code).map(([name, number]) => [number, name]));

/** A call that did not succeed: what the server said, or that it could not be reached. */
export class ApiError extends Error {
  override readonly name = "ApiError";
  /** google.rpc.Code. */
  readonly code: number;
  /** The HTTP status; 0 where there was no answer. */
  readonly status: number;
  /** google.rpc.ErrorInfo: a word that never changes, such as STALE; NETWORK where there was no answer. */
  readonly reason: string;
  readonly metadata: Readonly<Record<string, string>>;
  readonly fieldViolations: readonly FieldViolation[];
  readonly requestId: string;
  /** Seconds to wait before the same call makes sense again; undefined where the server did not say. */
  readonly retryAfter: number | undefined;

  constructor(init: {
    message: string;
    code: number;
    status: number;
    reason: string;
    requestId: string;
    metadata?: Record<string, string>;
    fieldViolations?: FieldViolation[];
    retryAfter?: number | undefined;
    cause?: unknown;
  }) {
    super(init.message, { cause: init.cause });
    this.code = init.code;
    this.status = init.status;
    this.reason = init.reason;
    this.requestId = init.requestId;
    this.metadata = init.metadata ?? {};
    this.fieldViolations = init.fieldViolations ?? [];
    this.retryAfter = init.retryAfter;
  }

  get codeName(): string {
    return codeNames.get(this.code) ?? `code ${this.code}`;
  }

  /** The same call may succeed later without anybody doing anything. */
  get isTransient(): boolean {
    return (
      this.status === 0 ||
      this.code === Code.UNAVAILABLE ||
      this.code === Code.RESOURCE_EXHAUSTED ||
      this.code === Code.DEADLINE_EXCEEDED ||
      this.status === 502 ||
      this.status === 504
    );
  }

  get isNotFound(): boolean {
    return this.code === Code.NOT_FOUND;
  }

  /** Somebody was quicker: what was changed had been changed meanwhile. */
  get isStale(): boolean {
    return this.code === Code.ABORTED;
  }
}

/** `Retry-After` in seconds: a number or a date. */
export function retryAfterOf(header: string | null, now: number = Date.now()): number | undefined {
  if (!header) return undefined;
  if (/^\d+$/.test(header.trim())) return Number(header);
  const date = Date.parse(header);
  return Number.isNaN(date) ? undefined : Math.max(0, (date - now) / 1000);
}

function codeOfStatus(status: number): number {
  const codes: Record<number, number> = { 400: 3, 401: 16, 403: 7, 404: 5, 409: 10, 429: 8, 502: 14, 503: 14, 504: 4 };
  return codes[status] ?? Code.UNKNOWN;
}

/** Makes an error of a google.rpc.Status, as answers and the last event of a stream carry it. */
export function errorOfStatus(body: unknown, status: number, requestId: string, retryAfter?: number): ApiError {
  const { code, message, details } = (body ?? {}) as StatusBody;
  const find = (type: string) => details?.find((detail) => detail["@type"]?.endsWith(type));
  const info = find("google.rpc.ErrorInfo") as { reason?: string; metadata?: Record<string, string> } | undefined;
  const badRequest = find("google.rpc.BadRequest") as { fieldViolations?: Partial<FieldViolation>[] } | undefined;
  const retryInfo = find("google.rpc.RetryInfo") as { retryDelay?: string } | undefined;
  const delay = Number.parseFloat(retryInfo?.retryDelay ?? "");
  return new ApiError({
    message: message || `The server answered ${status} without saying why.`,
    code: code ?? codeOfStatus(status),
    status,
    reason: info?.reason ?? "",
    requestId,
    metadata: info?.metadata ?? {},
    fieldViolations: (badRequest?.fieldViolations ?? []).map((violation) => ({
      field: violation.field ?? "",
      description: violation.description ?? "",
    })),
    retryAfter: retryAfter ?? (Number.isNaN(delay) ? undefined : delay),
  });
}

export async function errorOfResponse(response: Response, requestId: string): Promise<ApiError> {
  const body: unknown = await response.json().catch(() => undefined);
  const id = response.headers.get("X-Request-Id") ?? requestId;
  return errorOfStatus(body, response.status, id, retryAfterOf(response.headers.get("Retry-After")));
}

function withoutAnswer(reason: string, message: string, cause: unknown, requestId: string): ApiError {
  return new ApiError({ message, code: Code.UNAVAILABLE, status: 0, reason, requestId, cause });
}

export function networkError(cause: unknown, requestId: string): ApiError {
  const offline = typeof navigator !== "undefined" && navigator.onLine === false;
  const message = offline ? "This device is offline." : "The server could not be reached.";
  return withoutAnswer("NETWORK", message, cause, requestId);
}

/** An answer had begun and did not come to its end. */
export function brokenOff(cause: unknown, requestId: string): ApiError {
  return withoutAnswer("BROKEN_OFF", "The answer broke off before its end.", cause, requestId);
}

/** Something answers at the API's address, but the browser does not let this page read it. */
export function originRefused(api: string, cause: unknown, requestId: string): ApiError {
  const message = `The API at ${api} answers, but this page, which comes from elsewhere, may not read what it says.`;
  return withoutAnswer("ORIGIN_REFUSED", message, cause, requestId);
}
