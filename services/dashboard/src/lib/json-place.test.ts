import { describe, expect, it } from "vitest";
import { EVERY, formatPath, parsePath, type PathPattern } from "./json-path";
import { follow, JsonFault, readJson } from "./json-place";

describe("places in JSON", () => {
  const text = '{"order": {"ref": "B-77"},\r\n "items": [{"qty": 1.50e2}, {"qty": -0, "b\\u0061d": null}], "e": []}';
  const at = (...path: (string | number)[]) => {
    const { node, exact } = follow(readJson(text), path);
    return [text.slice(node.from, node.to), exact];
  };

  it("finds a value with the text that was written", () => {
    expect(at("order", "ref")).toEqual(['"B-77"', true]);
    expect(at("items", 0, "qty")).toEqual(["1.50e2", true]);
    expect(at("items", 1, "bad")).toEqual(["null", true]);
  });
  it("stops at what should hold a missing member", () => {
    expect(at("items", 0, "price")).toEqual(['{"qty": 1.50e2}', false]);
    expect(at("items", 7)[1]).toBe(false);
    expect(at("e", 0)).toEqual(["[]", false]);
  });
  it.each([
    ['{"a" 1}', 5, "colon"],
    ['{"a": 01}', 7, "comma"],
    ['{"a": "x}', 6, "closed text"],
    ["[1,]", 3, "value"],
    ["{} x", 3, "nothing may follow"],
    ["", 0, "value"],
    ['{"a": "\u0000"}', 6, "closed text"],
  ])("says where %j is no JSON", (broken, offset, message) => {
    let fault: unknown;
    try {
      readJson(broken);
    } catch (error) {
      fault = error;
    }
    expect(fault).toBeInstanceOf(JsonFault);
    expect((fault as JsonFault).at).toBe(offset);
    expect((fault as JsonFault).message).toContain(message);
  });
  it("agrees with JSON.parse on what is JSON", () => {
    for (const one of ["null", " [true, false] ", '"\\ud83d\\ude00 \u00e9"', "-1.5E-3", '{"a":{"b":[{}]}}']) {
      expect(() => readJson(one)).not.toThrow();
      expect(() => JSON.parse(one)).not.toThrow();
    }
  });
});

describe("paths", () => {
  it.each([
    ["order.ref", ["order", "ref"]],
    ["lines[0].CustomerID", ["lines", 0, "CustomerID"]],
    ["lines[].price", ["lines", EVERY, "price"]],
    ['["odd.name"].x', ["odd.name", "x"]],
    ['a["b c"][2]', ["a", "b c", 2]],
  ])("reads %s and writes it again", (text, path) => {
    expect(parsePath(text)).toEqual(path);
    expect(formatPath(path as PathPattern)).toBe(text);
  });
  it.each(["", "a..b", "a[", ".", "a b", "a[x]"])("refuses %j", (text) => {
    expect(parsePath(text)).toBeUndefined();
  });
});
