import { clsx } from "clsx";
import type { LucideIcon } from "lucide-react";
import type { ReactNode } from "react";
import type { Tone } from "./badge";
import { PreciseTime, Time } from "./values";

export interface TimelineEntry {
  readonly id: string;
  readonly time: string | undefined;
  readonly icon: LucideIcon;
  readonly tone?: Tone;
  /** What happened, as a sentence without its end. */
  readonly title: ReactNode;
  /** More about it: facts, a note, links. */
  readonly children?: ReactNode;
}

const TONES: Record<Tone, string> = {
  neutral: "bg-sunken text-soft",
  accent: "bg-accent-wash text-accent",
  good: "bg-good-wash text-good",
  warn: "bg-warn-wash text-warn",
  bad: "bg-bad-wash text-bad",
};

/** What happened, one below the other, the oldest first. */
export function Timeline({ label, entries }: { readonly label: string; readonly entries: readonly TimelineEntry[] }) {
  return (
    <ol aria-label={label} className="flex flex-col">
      {entries.map(({ id, time, icon: Icon, tone = "neutral", title, children }, index) => (
        <li key={id} className="relative flex gap-3 pb-5 last:pb-0">
          {index < entries.length - 1 && (
            <span aria-hidden="true" className="absolute top-7 bottom-0 left-[0.8125rem] w-px bg-line" />
          )}
          <span
            className={clsx("flex size-[1.6875rem] shrink-0 items-center justify-center rounded-full", TONES[tone])}
          >
            <Icon aria-hidden="true" className="size-3.5" />
          </span>
          <div className="min-w-0 flex-1 pt-0.5">
            <div className="flex flex-wrap items-baseline justify-between gap-x-4">
              <div className="min-w-0 font-medium break-words">{title}</div>
              <details className="text-sm text-faint">
                <summary className="cursor-pointer list-none">
                  <Time value={time} />
                </summary>
                <PreciseTime value={time} />
              </details>
            </div>
            {children && <div className="mt-0.5 flex flex-col gap-1 text-sm text-soft">{children}</div>}
          </div>
        </li>
      ))}
    </ol>
  );
}
