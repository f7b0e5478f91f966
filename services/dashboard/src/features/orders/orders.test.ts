import { describe, expect, test } from "vitest";
import type { Order } from "@/api";
import { addFresh, compareHead, NO_FRESH, showFresh } from "./fresh-orders";
import { filterCount, listCommand, matches, type OrderRow, queryOf, toRow } from "./order-row";
import { ordersSearch } from "./search";

const rowsOf = (...ids: string[]): OrderRow[] => ids.map((id) => toRow({ id } as Order));
const idsOf = (rows: readonly OrderRow[]) => rows.map(({ id }) => id);

describe("orders that come while the list is looked at", () => {
  test("wait until they are wanted, newest first", () => {
    const one = addFresh(NO_FRESH, rowsOf("3"), new Set(["2", "1"]));
    const two = addFresh(one, rowsOf("5", "4"), new Set(["2", "1"]));
    expect(idsOf(two.waiting)).toEqual(["5", "4", "3"]);
    expect(two.shown).toEqual([]);
    expect(idsOf(showFresh(two).shown)).toEqual(["5", "4", "3"]);
  });

  test("are there once, whatever says them again", () => {
    const fresh = showFresh(addFresh(NO_FRESH, rowsOf("3"), new Set()));
    expect(addFresh(fresh, rowsOf("3", "2"), new Set(["2"]))).toBe(fresh);
  });

  test("that are too many to keep ask for the list anew", () => {
    const many = rowsOf(...Array.from({ length: 2001 }, (_, index) => String(index)));
    expect(addFresh(NO_FRESH, many, new Set()).overflow).toBe(true);
  });

  test("and were missed in a break are found in the newest page", () => {
    const fresh = compareHead(NO_FRESH, rowsOf("4", "3", "2"), new Set(["2", "1"]), false);
    expect(idsOf(fresh.waiting)).toEqual(["4", "3"]);
  });

  test("and reach beyond the newest page ask for the list anew", () => {
    expect(compareHead(NO_FRESH, rowsOf("9", "8"), new Set(["2", "1"]), false).overflow).toBe(true);
    expect(compareHead(NO_FRESH, rowsOf("9", "8"), new Set(), false).overflow).toBe(false);
  });
});

describe("filters", () => {
  const order: Order = {
    partnerId: "retail-uk",
    externalOrderId: "E1",
    customerId: "C1",
    currency: "GBP",
    lines: ["P1", "P2"].map((productId) => ({ productId, quantity: "1", unitPrice: {} })),
    transactionTime: "2026-11-22T12:00:00Z",
  };

  test("let through what the server would list", () => {
    expect(matches(order, {})).toBe(true);
    expect(matches(order, { partner: "retail-uk", product: "P2", customer: "C1", external: "E1" })).toBe(true);
    expect(matches(order, { product: "P3" })).toBe(false);
    expect(matches(order, { partner: "olist" })).toBe(false);
  });

  test("take the first instant of a range and not the last", () => {
    const noon = "2026-11-22T12:00:00Z";
    expect(matches(order, { from: noon })).toBe(true);
    expect(matches(order, { to: noon })).toBe(false);
  });

  test("are asked for only where they are set", () => {
    expect(queryOf({})).toEqual({});
    expect(queryOf({ partner: "a", external: "x", from: "t" })).toEqual({
      partnerId: "a",
      externalOrderId: "x",
      from: "t",
    });
    expect(filterCount({ partner: "a", product: undefined })).toBe(1);
  });

  test("are the same on the command line, quoted for the shell", () => {
    expect(listCommand({ partner: "retail-uk", product: "it's" })).toBe(
      "ordermesh orders list --partner retail-uk --product 'it'\\''s'",
    );
  });

  test("of the address are cleaned", () => {
    expect(ordersSearch({ partner: " a ", from: "nonsense", product: "" })).toEqual({ partner: "a" });
  });
});
