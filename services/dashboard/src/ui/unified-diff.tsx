import { clsx } from "clsx";
import { type DiffHunk, type DiffLine, pairLines, parseUnifiedDiff } from "./diff-lines";

export interface UnifiedDiffProps {
  /** In the unified format of diff(1), of one file, as the API gives it. */
  readonly diff: string;
  readonly label: string;
  readonly layout?: "unified" | "split";
}

const LOOKS = { added: "bg-good-wash text-good", removed: "bg-bad-wash text-bad", same: "" };
const SIGNS = { added: "+", removed: "-", same: " " };
const WORDS = { added: "added: ", removed: "removed: ", same: "" };
const numberClass = "w-10 min-w-10 px-2 text-right align-top text-faint select-none";

/** A difference with the numbers of its lines, one below the other or side by side. */
export function UnifiedDiff({ diff, label, layout = "unified" }: UnifiedDiffProps) {
  const hunks = parseUnifiedDiff(diff);
  const split = layout === "split";
  return (
    // A region that scrolls must be within reach of the keyboard.
    // eslint-disable-next-line jsx-a11y/no-noninteractive-tabindex
    <div role="region" aria-label={label} tabIndex={0} className="scroll-thin overflow-x-auto font-mono text-sm">
      <table className={clsx("w-full border-collapse", split && "min-w-[48rem] table-fixed")}>
        {split && (
          <colgroup>
            <col className="w-10" />
            <col />
            <col className="w-10" />
            <col />
          </colgroup>
        )}
        <tbody>
          {hunks.map((hunk, index) => (
            <Hunk key={index} hunk={hunk} split={split} />
          ))}
        </tbody>
      </table>
    </div>
  );
}

function Hunk({ hunk, split }: { readonly hunk: DiffHunk; readonly split: boolean }) {
  return (
    <>
      <tr className="bg-sunken text-faint">
        <td colSpan={split ? 4 : 3} className="px-3 py-0.5">
          {hunk.heading}
        </td>
      </tr>
      {split
        ? pairLines(hunk.lines).map(({ before, after }, index) => (
            <tr key={index}>
              <Half line={before} number={before?.before} />
              <Half line={after} number={after?.after} divided />
            </tr>
          ))
        : hunk.lines.map((line, index) => (
            <tr key={index} className={LOOKS[line.kind]}>
              <td className={numberClass}>{line.before}</td>
              <td className={numberClass}>{line.after}</td>
              <Text line={line} />
            </tr>
          ))}
    </>
  );
}

interface HalfProps {
  readonly line: DiffLine | undefined;
  readonly number: number | undefined;
  readonly divided?: boolean;
}

function Half({ line, number, divided = false }: HalfProps) {
  const look = line ? LOOKS[line.kind] : "bg-sunken";
  return (
    <>
      <td className={clsx(numberClass, look, divided && "border-l border-line")}>{number}</td>
      {line ? <Text line={line} className={look} wrap /> : <td className={look} />}
    </>
  );
}

interface TextProps {
  readonly line: DiffLine;
  readonly className?: string;
  readonly wrap?: boolean;
}

function Text({ line, className, wrap = false }: TextProps) {
  return (
    <td className={clsx("w-full pr-3 align-top", wrap ? "break-all whitespace-pre-wrap" : "whitespace-pre", className)}>
      <span aria-hidden="true" className="mr-2 select-none">
        {SIGNS[line.kind]}
      </span>
      <span className="sr-only">{WORDS[line.kind]}</span>
      {line.text}
    </td>
  );
}
