import { describe, expect, it } from "vitest";
import { countChanges, pairLines, parseUnifiedDiff } from "./diff-lines";

const CHANGE = `--- a/mapping.yaml
+++ b/mapping.yaml
@@ -1,4 +1,5 @@
 version: 1
-numbered: true
--- not a heading
+numbered: false
+unknown: reject
+rules: []
 fields:
@@ -20,2 +21,1 @@
 lines:
-  from: rows
`;

describe("a unified diff", () => {
  it("is read into hunks whose lines have their numbers on each side", () => {
    const hunks = parseUnifiedDiff(CHANGE);
    expect(hunks).toHaveLength(2);
    expect(hunks[0]?.lines).toEqual([
      { kind: "same", before: 1, after: 1, text: "version: 1" },
      { kind: "removed", before: 2, text: "numbered: true" },
      { kind: "removed", before: 3, text: "-- not a heading" },
      { kind: "added", after: 2, text: "numbered: false" },
      { kind: "added", after: 3, text: "unknown: reject" },
      { kind: "added", after: 4, text: "rules: []" },
      { kind: "same", before: 4, after: 5, text: "fields:" },
    ]);
    expect(hunks[1]?.lines[1]).toEqual({ kind: "removed", before: 21, text: "  from: rows" });
  });

  it("of a new file has only added lines, and the note of a missing line end is none of them", () => {
    const hunks = parseUnifiedDiff("--- /dev/null\n+++ b/a\n@@ -0,0 +1,1 @@\n+one\n\\ No newline at end of file\n");
    expect(hunks[0]?.lines).toEqual([{ kind: "added", after: 1, text: "one" }]);
  });

  it("keeps empty lines", () => {
    expect(parseUnifiedDiff("@@ -1,2 +1,3 @@\n a\n+\n b\n")[0]?.lines).toHaveLength(3);
  });

  it("without hunks is empty", () => {
    expect(parseUnifiedDiff("")).toEqual([]);
  });

  it("counts what came and went", () => {
    expect(countChanges(parseUnifiedDiff(CHANGE))).toEqual({ added: 3, removed: 3 });
  });
});

describe("side by side", () => {
  it("puts removed lines beside those that came in their place", () => {
    const pairs = pairLines(parseUnifiedDiff(CHANGE)[0]?.lines ?? []);
    expect(pairs.map(({ before, after }) => [before?.text, after?.text])).toEqual([
      ["version: 1", "version: 1"],
      ["numbered: true", "numbered: false"],
      ["-- not a heading", "unknown: reject"],
      [undefined, "rules: []"],
      ["fields:", "fields:"],
    ]);
  });

  it("begins anew where lines are removed after some were added", () => {
    const lines = parseUnifiedDiff("@@ -1,1 +1,1 @@\n+a\n-b\n+c\n")[0]?.lines ?? [];
    expect(pairLines(lines).map(({ before, after }) => [before?.text, after?.text])).toEqual([
      [undefined, "a"],
      ["b", "c"],
    ]);
  });
});
