import type { ConfigFile, MappingTrials, ProposedFile } from "@/api";
import { countOf, formatCount, parseCount } from "@/lib/count";

/** The whole folder of a draft: the files of the version that it was made from, with what the draft changes. */
export function draftedFolder(
  base: readonly ConfigFile[] | undefined,
  drafted: readonly ProposedFile[] | undefined,
): ConfigFile[] {
  const changed = new Map((drafted ?? []).map(({ path = "", content = "" }) => [path, content]));
  const kept = (base ?? []).filter(({ path = "" }) => !changed.has(path));
  return [...kept, ...Array.from(changed, ([path, content]) => ({ path, content }))];
}

/** What the draft would have made of the errors, in sentences. */
export function trialWords(trials: MappingTrials | undefined): string[] {
  const matched = parseCount(trials?.matched);
  const tried = parseCount(trials?.tried);
  const passes = parseCount(trials?.passes);
  const differs = parseCount(trials?.differs);
  if (tried === 0n) return ["No open error was there to try it on."];
  const share = `${formatCount(passes)} of ${countOf(tried, "error")}`;
  const words = [`${share} would be orders by this mapping, as they came and with no rule.`];
  if (tried < matched) words.push(`Tried were the newest ${formatCount(tried)} of ${formatCount(matched)}.`);
  if (differs > 0n) {
    words.push(
      `Of ${formatCount(differs)} of them the rule would make another order: it also changes values that are there.`,
    );
  }
  return words;
}
