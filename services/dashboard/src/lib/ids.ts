const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i;

/** Orders, errors and jobs have UUIDs as ids. */
export function isUuid(text: string): boolean {
  return UUID.test(text.trim());
}

/** An id for a request, as a gateway makes them. crypto.randomUUID is missing where the page came over plain HTTP. */
export function newRequestId(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
}

/** The beginning and the end of a long id, for tables; the whole is a click away. */
export function shortId(id: string | undefined, head = 13, tail = 4): string {
  if (!id || id.length <= head + tail + 1) return id ?? "";
  return `${id.slice(0, head)}…${tail > 0 ? id.slice(-tail) : ""}`;
}
