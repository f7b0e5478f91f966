import { clsx } from "clsx";
import type { ReactNode } from "react";

export interface FigureProps {
  readonly label: string;
  readonly value: ReactNode;
  readonly note?: ReactNode;
  readonly tone?: "bad" | "warn";
}

/** One figure with its name. */
export function Figure({ label, value, note, tone }: FigureProps) {
  return (
    <div className="flex min-w-0 flex-1 basis-38 flex-col gap-0.5 bg-surface px-4 py-3">
      <dt className="text-sm text-soft">{label}</dt>
      <dd
        className={clsx(
          "text-2xl leading-8 font-semibold tracking-tight tabular-nums",
          tone === "bad" && "text-bad",
          tone === "warn" && "text-warn",
        )}
      >
        {value}
      </dd>
      {note && <dd className="text-sm text-faint">{note}</dd>}
    </div>
  );
}

/** Figures in a row, with lines between them. */
export function Figures({ children }: { readonly children: ReactNode }) {
  return (
    <dl className={clsx("flex flex-wrap gap-px overflow-hidden rounded-lg border border-line", "bg-line shadow-card")}>
      {children}
    </dl>
  );
}
