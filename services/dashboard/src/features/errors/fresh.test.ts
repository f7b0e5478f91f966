import { describe, expect, it } from "vitest";
import { belongs, commandOptions, jobFilter } from "./filters";
import { addFresh, NO_FRESH } from "./fresh";

describe("what the stream tells", () => {
  const listed = new Set(["a"]);
  it("changes rows in place, by the newest revision, and counts the others", () => {
    const one = addFresh(NO_FRESH, [{ id: "a", revision: "3" }, { id: "b" }], listed, () => true);
    const two = addFresh(one, [{ id: "a", revision: "2" }, { id: "b" }], listed, () => true);
    expect(two.changed.get("a")?.revision).toBe("3");
    expect([...two.waiting]).toEqual(["b"]);
    expect(addFresh(two, [{ id: "b" }], listed, () => false).waiting.size).toBe(0);
  });
  it("leaves open what only the server can say", () => {
    expect(belongs({ partnerId: "p" }, { partner: "p", text: "x" })).toBeUndefined();
    expect(belongs({ partnerId: "q" }, { partner: "p", text: "x" })).toBe(false);
    expect(addFresh(NO_FRESH, [{ id: "b" }], listed, () => undefined).perhaps).toBe(true);
  });
});

describe("filters", () => {
  it("of a partner's jobs are always the partner's", () => {
    expect(jobFilter({ partner: "other", status: "OPEN" }, { role: "PARTNER", partnerId: "own" })).toEqual({
      partnerId: "own",
    });
  });
  it("leave out a field without a code, and quote texts for the shell", () => {
    expect(commandOptions({ field: "x", text: "it's" })).toBe(" --text 'it'\\''s'");
  });
});
