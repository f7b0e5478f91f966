import { expect, test } from "vitest";
import { jobStateOf } from "./job-words";
import { errorsSearch } from "./search";

test("every state of a job is found under one choice", () => {
  const found = (["RUNNING", "WAITING", "CANCELLING", "DONE", "CANCELLED"] as const).map((state) =>
    jobStateOf({ state }),
  );
  expect(found).toEqual(["active", "active", "active", "done", "cancelled"]);
});

test("the choice is in the address, and anything else there is none", () => {
  expect(errorsSearch({ tab: "jobs", job: "cancelled" })).toMatchObject({ tab: "jobs", job: "cancelled" });
  expect(errorsSearch({ tab: "jobs", job: "failed" }).job).toBeUndefined();
});
