import { describe, expect, it } from "vitest";
import { draftedFolder, trialWords } from "./proposal";

describe("the folder of a draft", () => {
  const base = [
    { path: "mapping.yaml", content: "b2xk" },
    { path: "examples/a.yaml", content: "YQ==" },
  ];
  it("has the changed files in place of the old, the new ones, and all others", () => {
    const folder = draftedFolder(base, [
      { path: "mapping.yaml", content: "bmV3", unifiedDiff: "-old" },
      { path: "examples/b.json", content: "e30=" },
    ]);
    expect(folder).toEqual([
      { path: "examples/a.yaml", content: "YQ==" },
      { path: "mapping.yaml", content: "bmV3" },
      { path: "examples/b.json", content: "e30=" },
    ]);
  });
  it("is the old one where nothing changes", () => {
    expect(draftedFolder(base, undefined)).toEqual(base);
  });
});

describe("what a draft would have made of the errors", () => {
  it("is said with its bound", () => {
    expect(trialWords({ matched: "214", tried: "214", passes: "200", differs: "0" })).toEqual([
      "200 of 214 errors would be orders by this mapping, as they came and with no rule.",
    ]);
    expect(trialWords({ matched: "2500", tried: "1000", passes: "1000", differs: "0" })).toContain(
      "Tried were the newest 1,000 of 2,500.",
    );
  });
  it("names the orders that the rule would make otherwise", () => {
    expect(trialWords({ matched: "3", tried: "3", passes: "3", differs: "2" }).at(-1)).toMatch(/^Of 2 of them/);
  });
  it("is nothing where there was no error", () => {
    expect(trialWords({ matched: "0", tried: "0" })).toEqual(["No open error was there to try it on."]);
  });
});
