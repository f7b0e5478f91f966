import { describe, expect, it } from "vitest";
import { describeLimit, formatPeriod, limitDraft, limitOf, limitProblems, shortLimit } from "./limit";

describe("a rate limit", () => {
  it("comes back from the form as it went in", () => {
    for (const period of ["1s", "0.001s", "0.25s", "60s", "90s", "3600s", "86400s"]) {
      expect(limitOf(limitDraft({ amount: "10000", period, burst: "5000" }))).toEqual({
        amount: "10000",
        period,
        burst: "5000",
      });
    }
  });

  it("shows the largest unit that fits the period exactly", () => {
    expect(["1s", "60s", "90s", "3600s", "86400s", "0.25s", "", undefined].map(formatPeriod)).toEqual([
      "1 s",
      "1 min",
      "90 s",
      "1 h",
      "1 d",
      "250 ms",
      "1 s",
      "1 s",
    ]);
  });

  it("without a burst saves up the amount", () => {
    expect(describeLimit({ amount: "10000" })).toBe("10,000 per 1 s, at most 10,000 at once");
    expect(limitOf({ amount: "5", period: "", burst: "" })).toEqual({ amount: "5", period: "1s" });
  });

  it("takes grouped digits and keeps every one of them", () => {
    expect(limitOf({ amount: "1,000,000,000", period: "1 s", burst: "" }).amount).toBe("1000000000");
  });

  it("is refused beside the field where the server would refuse it", () => {
    expect(limitProblems({ amount: "0", period: "1 s", burst: "" }).amount).toContain("1 to 1,000,000,000");
    expect(limitProblems({ amount: "1e3", period: "1 s", burst: "" }).amount).toContain("whole number");
    expect(limitProblems({ amount: "1", period: "2 d", burst: "" }).period).toContain("1 ms to 1 day");
    expect(limitProblems({ amount: "1", period: "soon", burst: "" }).period).toContain("such as");
    expect(limitProblems({ amount: "1", period: "0.5ms", burst: "" }).period).toContain("such as");
    expect(limitProblems({ amount: "1", period: "1 s", burst: "-1" }).burst).toContain("whole number");
    expect(limitProblems({ amount: "1", period: "1 d", burst: "7" })).toEqual({});
  });

  it("is short in tables", () => {
    expect(shortLimit({ amount: "10000", period: "1s" })).toBe("10,000/s");
    expect(shortLimit({ amount: "6", period: "120s" })).toBe("6/2 min");
  });
});
