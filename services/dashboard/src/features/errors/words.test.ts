import { describe, expect, it } from "vitest";
import { groupViolations, lineWords, nextStep } from "./words";

describe("words", () => {
  it("say lines as ranges", () => {
    expect(lineWords([0])).toBe("");
    expect(lineWords([3])).toBe("line 3");
    expect(lineWords([2, 1])).toBe("lines 1 and 2");
    expect(lineWords([1, 2, 3, 7, 7])).toBe("lines 1 to 3 and 7");
  });
  it("put violations together that say the same", () => {
    const missing = { code: "REQUIRED" as const, field: "customerId", message: "the value is missing" };
    const groups = groupViolations([
      { ...missing, line: 1 },
      { code: "RANGE", field: "quantity" },
      { ...missing, line: 2 },
    ]);
    expect(groups.map(({ sentence, violations }) => [sentence, violations.length])).toEqual([
      ["customerId is missing", 2],
      ["quantity is outside the allowed range", 1],
    ]);
  });
  it("say in one sentence what to do next", () => {
    const step = (status: string, changed: boolean, left: number | undefined, mayAct = true) =>
      nextStep({ error: { status: status as "OPEN" }, mayAct, changed, left });
    expect(step("OPEN", false, 2)).toContain("Correct what is marked");
    expect(step("OPEN", true, 1)).toContain("One problem is left");
    expect(step("IN_REVIEW", true, 0)).toContain("Press Save and retry");
    expect(step("OPEN", false, 0)).toContain("Press Retry");
    expect(step("RETRYING", false, undefined)).toContain("Wait");
    expect(step("DISCARDED", false, undefined)).toContain("Reopen");
    expect(step("OPEN", false, 2, false)).toContain("your role may not change it");
  });
});
