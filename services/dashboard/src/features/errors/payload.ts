import type { ErrorEdit, Order, OrderError } from "@/api";
import { decodeBase64, decodeText, encodeText } from "@/lib/bytes";

/**
 * A payload as it can be edited. `raw`: the partner's own bytes as text, exactly. `order`: a canonical order as JSON.
 * `bytes`: what is no UTF-8; its text is only a likeness.
 */
export interface Payload {
  readonly kind: "raw" | "order" | "bytes";
  readonly text: string;
}

/** What the store fills in by itself, and ignores on the way in. */
const MADE_BY_THE_MESH = [
  "id",
  "grossAmount",
  "taxAmount",
  "netAmount",
  "receivedTime",
  "processedAt",
  "rawPayload",
  "mappingVersion",
  "ingestId",
  "traceId",
] as const satisfies readonly (keyof Order)[];

export function payloadOf({ rawPayload, order }: Pick<ErrorEdit | OrderError, "rawPayload" | "order">): Payload {
  if (!rawPayload && order) {
    const given = Object.entries(order).filter(([name]) => !MADE_BY_THE_MESH.some((made) => made === name));
    return { kind: "order", text: JSON.stringify(Object.fromEntries(given), null, 2) };
  }
  const text = decodeText(rawPayload ?? "");
  if (text !== undefined) return { kind: "raw", text };
  return { kind: "bytes", text: new TextDecoder().decode(decodeBase64(rawPayload ?? "")) };
}

/** The payload in a request. Throws SyntaxError where a canonical order is no JSON. */
export function payloadBody(kind: Payload["kind"], text: string): { rawPayload: string } | { order: Order } {
  return kind === "order" ? { order: JSON.parse(text) as Order } : { rawPayload: encodeText(text) };
}
