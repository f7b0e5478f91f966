/** A line of a difference, with its number on each side where it is there. */
export interface DiffLine {
  readonly kind: "added" | "removed" | "same";
  readonly before?: number;
  readonly after?: number;
  readonly text: string;
}

export interface DiffHunk {
  readonly heading: string;
  readonly lines: readonly DiffLine[];
}

/** A row of a difference side by side. */
export interface DiffPair {
  readonly before: DiffLine | undefined;
  readonly after: DiffLine | undefined;
}

const HUNK = /^@@ -(\d+)(?:,\d+)? \+(\d+)(?:,\d+)? @@/;

/**
 * Reads the unified format of diff(1), of one file. What stands before the first hunk names the files; within a hunk a
 * removed line may itself begin with dashes, so that only the place tells them apart.
 */
export function parseUnifiedDiff(diff: string): DiffHunk[] {
  const hunks: { heading: string; lines: DiffLine[] }[] = [];
  let before = 0;
  let after = 0;
  for (const line of diff.replace(/\n$/, "").split("\n")) {
    const start = HUNK.exec(line);
    const lines = hunks.at(-1)?.lines;
    if (start) {
      before = Number(start[1]);
      after = Number(start[2]);
      hunks.push({ heading: line, lines: [] });
    } else if (!lines || line.startsWith("\\")) {
      // "\ No newline at end of file" is no line of the file.
      continue;
    } else if (line.startsWith("+")) {
      lines.push({ kind: "added", after: after++, text: line.slice(1) });
    } else if (line.startsWith("-")) {
      lines.push({ kind: "removed", before: before++, text: line.slice(1) });
    } else {
      lines.push({ kind: "same", before: before++, after: after++, text: line.slice(1) });
    }
  }
  return hunks;
}

/** Puts the lines that were removed beside those that came in their place. */
export function pairLines(lines: readonly DiffLine[]): DiffPair[] {
  const pairs: DiffPair[] = [];
  let removed: DiffLine[] = [];
  let added: DiffLine[] = [];
  const flush = () => {
    const length = Math.max(removed.length, added.length);
    for (let index = 0; index < length; index++) pairs.push({ before: removed[index], after: added[index] });
    removed = [];
    added = [];
  };
  for (const line of lines) {
    if (line.kind === "removed") {
      if (added.length > 0) flush();
      removed.push(line);
    } else if (line.kind === "added") {
      added.push(line);
    } else {
      flush();
      pairs.push({ before: line, after: line });
    }
  }
  flush();
  return pairs;
}

export function countChanges(hunks: readonly DiffHunk[]): { added: number; removed: number } {
  const lines = hunks.flatMap((hunk) => hunk.lines);
  return {
    added: lines.filter(({ kind }) => kind === "added").length,
    removed: lines.filter(({ kind }) => kind === "removed").length,
  };
}
