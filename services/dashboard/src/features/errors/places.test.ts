import { describe, expect, it } from "vitest";
import type { Violation } from "@/api";
import { readJson } from "@/lib/json-place";
import { placesOfMapping } from "./mapping";
import { CANONICAL, rangeOf, rulePath } from "./places";

const RETAIL = placesOfMapping(`
fields:
  externalOrderId: InvoiceNo
  currency: {constant: GBP}
  transactionTime: {from: "lines[0].InvoiceDate", date: {format: DD/MM/YYYY}}
lines:
  from: lines
  fields:
    productId: {concat: [StockCode, {text: "-"}, Country]}
    quantity: {from: Quantity, accept: text}
    customerId: CustomerID
`);
const payload = '{"InvoiceNo":"1","lines":[{"Quantity":"-1","CustomerID":""},{"Quantity":"2"}]}';

function shown(violation: Violation, places = RETAIL, text = payload): string {
  const { from, to } = rangeOf(violation, readJson(text), places);
  return `${from}:${text.slice(from, to)}`;
}

describe("the place of a violation", () => {
  it("is the value that the partner's mapping reads", () => {
    expect(shown({ field: "externalOrderId" })).toBe('13:"1"');
    expect(shown({ field: "quantity", line: 1 })).toBe('38:"-1"');
    expect(shown({ field: "customerId", line: 1 })).toBe('56:""');
  });
  it("is the beginning of the line where the member is missing", () => {
    expect(shown({ field: "customerId", line: 2 })).toBe("60:{");
  });
  it("is the payload's own member where there is no canonical one", () => {
    expect(shown({ field: "InvoiceNo" })).toBe('13:"1"');
    expect(shown({ field: "Quantity", line: 2 })).toBe('72:"2"');
  });
  it("is the whole where nothing is known", () => {
    expect(shown({})).toMatch(/^0:/);
    expect(shown({ field: "a..b" })).toMatch(/^0:/);
  });
  it("is the field itself in a canonical order", () => {
    const order = '{"customerId":"","lines":[{"quantity":"0"}]}';
    expect(shown({ field: "customerId" }, CANONICAL, order)).toBe('14:""');
    expect(shown({ field: "quantity", line: 1 }, CANONICAL, order)).toBe('38:"0"');
  });
  it("makes the path of a rule over every line", () => {
    expect(rulePath("customerId", RETAIL)).toBe("lines[].CustomerID");
    expect(rulePath("externalOrderId", RETAIL)).toBe("InvoiceNo");
    expect(rulePath("productId", RETAIL)).toBe("lines[].StockCode");
  });
});
