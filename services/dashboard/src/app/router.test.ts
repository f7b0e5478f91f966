import { expect, test } from "vitest";
import { parseSearch, stringifySearch } from "./router";

test("an id of many digits comes out of the address as it went in", () => {
  const search = { product: "12345678901234567890", partner: "a b&c" };
  expect(parseSearch(stringifySearch(search))).toEqual(search);
});

test("what is not set is not in the address", () => {
  expect(stringifySearch({ partner: undefined, product: "" })).toBe("");
});
