import { describe, expect, it } from "vitest";
import type { Order } from "@/api";
import { decodeBase64, encodeBase64, encodeText } from "@/lib/bytes";
import { prettyJson } from "@/lib/json";
import { payloadBody, payloadOf } from "./payload";

const bytes = (text: string) => encodeText(text);

describe("a payload", () => {
  it.each([
    '{"price": 1.50, "big": 12345678901234567890, "e": 1E+2}',
    '\ufeff{"a":\r\n "caf\u00e9 \ud83d\ude00"}\r\n',
    "{not json",
  ])("keeps every byte of %j", (text) => {
    const payload = payloadOf({ rawPayload: bytes(text) });
    expect(payload).toEqual({ kind: "raw", text });
    expect(payloadBody(payload.kind, payload.text)).toEqual({ rawPayload: bytes(text) });
  });
  it("that is no UTF-8 is said to be bytes", () => {
    const payload = payloadOf({ rawPayload: encodeBase64(Uint8Array.of(0x7b, 0xff, 0x7d)) });
    expect(payload.kind).toBe("bytes");
    expect(decodeBase64(bytes(payload.text))).not.toEqual(Uint8Array.of(0x7b, 0xff, 0x7d));
  });
  it("that is a canonical order is edited as JSON, without what the mesh makes", () => {
    const order = { id: "x", externalOrderId: "A-1", sequenceNumber: "9007199254740993", netAmount: { units: "1" } };
    const payload = payloadOf({ order: order as unknown as Order });
    expect(JSON.parse(payload.text)).toEqual({ externalOrderId: "A-1", sequenceNumber: "9007199254740993" });
    expect(payloadBody(payload.kind, payload.text)).toEqual({
      order: { externalOrderId: "A-1", sequenceNumber: "9007199254740993" },
    });
  });
  it("is laid out by Format without a change to its numbers", () => {
    expect(prettyJson('{"a":1.50,"b":[1E2,-0]}')).toBe('{\n  "a": 1.50,\n  "b": [\n    1E2,\n    -0\n  ]\n}');
  });
});
