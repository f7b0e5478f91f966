import { describe, expect, it } from "vitest";
import type { ErrorEvent } from "@/api";
import { actorName, changesOf, statusChange, whatHappened } from "./sentence";

const ACTOR = "user:anna";

describe("an event", () => {
  it("reads as a sentence, whatever was done", () => {
    const sentence = (event: ErrorEvent) => whatHappened({ actor: ACTOR, ...event });
    expect(sentence({ action: "ASSIGNED", after: { assignee: ACTOR } })).toBe("took the error on");
    expect(sentence({ action: "ASSIGNED", after: { assignee: "user:bo" } })).toBe("gave the error to bo");
    expect(sentence({ action: "TAGGED", before: { tags: ["a", "b"] }, after: { tags: ["b", "c"] } })).toBe(
      "changed the tags: added c; removed a",
    );
    expect(sentence({ action: "EDITED", after: { edit: 2 } })).toBe("edited the payload: edit 2");
    expect(sentence({ action: "RETRIED", after: { edit: 2 } })).toBe("sent the error again with edit 2");
    expect(sentence({ action: "ANSWERED", verdict: { verdict: "REJECTED", violations: [{}] } })).toBe(
      "noted the verdict: the retry was rejected with 1 violation",
    );
    for (const action of ["RELEASED", "NOTED", "DISCARDED", "REOPENED", "JOB_STARTED", "JOB_CANCELLED"] as const) {
      expect(sentence({ action })).not.toContain("did ");
    }
  });

  it("names who did it", () => {
    expect([actorName("user:anna"), actorName("ordermesh"), actorName("key_abc"), actorName(undefined)]).toEqual([
      "anna",
      "The mesh",
      "key_abc",
      "Somebody",
    ]);
  });

  it("says how the status changed, and nothing where it stayed", () => {
    expect(statusChange({ before: { status: "OPEN" }, after: { status: "IN_REVIEW" } })).toBe("open to in review");
    expect(statusChange({ before: { status: "OPEN" }, after: { status: "OPEN" } })).toBe("");
  });

  it("lists what differs between before and after", () => {
    const violations = [{ field: "quantity", line: 1, code: "RANGE" as const }];
    expect(
      changesOf({
        before: { status: "RETRYING", violations },
        after: { status: "RESOLVED", edit: 1, resolvedOrderId: "o" },
      }),
    ).toEqual([
      { label: "Status", before: "retrying", after: "resolved" },
      { label: "Payload", before: "as it came", after: "edit 1" },
      { label: "Violations", before: "quantity RANGE line 1", after: "" },
      { label: "Order", before: "", after: "o" },
    ]);
  });
});
