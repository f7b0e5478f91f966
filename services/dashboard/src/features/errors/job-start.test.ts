import { describe, expect, it } from "vitest";
import { forgetRequestId, requestIdOf } from "./job-start";

describe("the request id of a job", () => {
  const plan = { filter: { partnerId: "p" }, action: { retry: {} }, expectedCount: "5", rate: 500 };
  it("is the same for the same plan, until it has started, and another for another one", () => {
    const first = requestIdOf(plan);
    expect(requestIdOf({ ...plan })).toBe(first);
    expect(requestIdOf({ ...plan, expectedCount: "6" })).not.toBe(first);
    const again = requestIdOf(plan);
    forgetRequestId();
    expect(requestIdOf(plan)).not.toBe(again);
  });
  it("is kept over a reload", () => {
    const id = requestIdOf(plan);
    expect(sessionStorage.getItem("ordermesh.job-start")).toContain(id);
  });
});
