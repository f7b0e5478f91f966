import { describe, expect, it } from "vitest";
import type { Patch } from "@/api";
import {
  isComplete,
  newOperation,
  problemsOf,
  toFormOperations,
  toFormValue,
  toJsonText,
  toPatch,
} from "./patch-model";

describe("a rule in the form", () => {
  it("comes back exactly as it was read, numbers and escapes included", () => {
    const patch: Patch = {
      operations: [
        { set: { path: "lines[].CustomerID", value: '"99999"' } },
        { set: { path: "lines[].price", value: "1.50" } },
        { replace: { path: "currency", from: '"\\u00a3"', to: '"GBP"' } },
        { remove: { path: "order.note" } },
        { mapValue: { path: "unit", table: { '"pc"': '"piece"', "12345678901234567890": "1e2" } } },
      ],
    };
    expect(toPatch(toFormOperations(patch))).toEqual(patch);
  });
  it("shows texts without quotes and leaves all other JSON as it is written", () => {
    expect(toFormValue('"a b"')).toEqual({ type: "text", text: "a b" });
    expect(toFormValue("1.50")).toEqual({ type: "json", text: "1.50" });
    expect(toFormValue('"\\u0041"')).toEqual({ type: "json", text: '"\\u0041"' });
    expect(toJsonText({ type: "text", text: 'say "hi"' })).toBe('"say \\"hi\\""');
  });
  it("is complete only with a path and with values that are JSON", () => {
    const good = { ...newOperation(0, "lines[].price"), value: { type: "json", text: "2.50" } } as const;
    expect(isComplete([good])).toBe(true);
    expect(isComplete([])).toBe(false);
    expect(problemsOf({ ...good, path: "a..b" })?.path).toContain("path");
    expect(problemsOf({ ...good, value: { type: "json", text: "01" } })?.value).toContain("no JSON");
    expect(isComplete(Array.from({ length: 51 }, (_, key) => ({ ...good, key })))).toBe(false);
  });
  it("refuses a table with the same value twice", () => {
    const row = { from: { type: "text", text: "a" }, to: { type: "text", text: "b" } } as const;
    expect(problemsOf({ ...newOperation(0, "x", "map"), rows: [row, row] })?.rows).toContain("twice");
  });
});
