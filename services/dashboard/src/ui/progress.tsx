import { clsx } from "clsx";

export interface ProgressProps {
  readonly label: string;
  readonly value: number;
  readonly max: number;
  readonly tone?: "accent" | "good" | "bad";
}

const FILLS = { accent: "bg-accent", good: "bg-good", bad: "bg-bad" };

export function Progress({ label, value, max, tone = "accent" }: ProgressProps) {
  const share = max > 0 ? Math.min(1, value / max) : 0;
  return (
    <div
      role="progressbar"
      aria-label={label}
      aria-valuemin={0}
      aria-valuemax={max}
      aria-valuenow={Math.min(value, max)}
      className="h-1.5 w-full overflow-hidden rounded-full bg-hover"
    >
      <div
        className={clsx("h-full rounded-full transition-[width]", FILLS[tone])}
        style={{ width: `${share * 100}%` }}
      />
    </div>
  );
}
