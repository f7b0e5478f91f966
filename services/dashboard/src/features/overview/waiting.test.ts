import { expect, test } from "vitest";
import { waitingPartners } from "./waiting";

const groups = [
  { partnerId: "a", code: "REQUIRED" as const, field: "customerId", open: "3" },
  { partnerId: "b", code: "RANGE" as const, field: "quantity", open: "7" },
  { partnerId: "a", code: "RANGE" as const, field: "quantity", open: "5" },
  { partnerId: "c", code: "RANGE" as const, field: "quantity", open: "0", count: "9" },
];

test("who has most open errors comes first, and of his groups the largest", () => {
  const waiting = waitingPartners(groups, new Map([["a", 8n]]));
  expect(waiting.map(({ partner }) => partner)).toEqual(["a", "b"]);
  expect(waiting[0]?.groups.map(({ open }) => open)).toEqual([5n, 3n]);
});

test("a partner whose groups are all decided does not wait", () => {
  expect(waitingPartners(groups, new Map()).some(({ partner }) => partner === "c")).toBe(false);
});

test("groups are not summed, as an error may be in several", () => {
  const [first] = waitingPartners(groups, new Map());
  expect(first).toMatchObject({ partner: "b", open: undefined });
});
