import { clsx } from "clsx";
import { Ban, Check, Circle, CircleDot, Clock, type LucideIcon, RefreshCw, TriangleAlert, X } from "lucide-react";
import type { ReactNode } from "react";

export type Tone = "neutral" | "accent" | "good" | "warn" | "bad";

const TONES: Record<Tone, string> = {
  neutral: "bg-sunken text-soft border-line",
  accent: "bg-accent-wash text-accent border-transparent",
  good: "bg-good-wash text-good border-transparent",
  warn: "bg-warn-wash text-warn border-transparent",
  bad: "bg-bad-wash text-bad border-transparent",
};

export interface BadgeProps {
  readonly tone?: Tone;
  /** A shape, so that colour is never all that tells states apart. */
  readonly icon?: LucideIcon;
  readonly mono?: boolean;
  readonly children: ReactNode;
}

export function Badge({ tone = "neutral", icon: Icon, mono = false, children }: BadgeProps) {
  return (
    <span
      className={clsx(
        "inline-flex h-5 max-w-full items-center gap-1 rounded border px-1.5 text-xs font-medium whitespace-nowrap",
        mono && "font-mono",
        TONES[tone],
      )}
    >
      {Icon && <Icon aria-hidden="true" className="size-3 shrink-0" />}
      <span className="truncate">{children}</span>
    </span>
  );
}

interface State {
  readonly tone: Tone;
  readonly icon: LucideIcon;
  readonly label: string;
}

/** How the states of errors, jobs, partners and verdicts look, everywhere the same. */
const STATES: Readonly<Record<string, State>> = {
  OPEN: { tone: "bad", icon: Circle, label: "Open" },
  IN_REVIEW: { tone: "accent", icon: CircleDot, label: "In review" },
  RETRYING: { tone: "warn", icon: RefreshCw, label: "Retrying" },
  RESOLVED: { tone: "good", icon: Check, label: "Resolved" },
  DISCARDED: { tone: "neutral", icon: Ban, label: "Discarded" },
  RUNNING: { tone: "accent", icon: RefreshCw, label: "Running" },
  WAITING: { tone: "warn", icon: Clock, label: "Waiting for verdicts" },
  DONE: { tone: "good", icon: Check, label: "Done" },
  CANCELLING: { tone: "warn", icon: Clock, label: "Cancelling" },
  CANCELLED: { tone: "neutral", icon: Ban, label: "Cancelled" },
  ACTIVE: { tone: "good", icon: Check, label: "Active" },
  SUSPENDED: { tone: "bad", icon: Ban, label: "Suspended" },
  CREATED: { tone: "good", icon: Check, label: "Created" },
  REPLAYED: { tone: "neutral", icon: RefreshCw, label: "Replayed" },
  CONFLICT: { tone: "bad", icon: TriangleAlert, label: "Conflict" },
  SEQUENCE_REUSED: { tone: "bad", icon: TriangleAlert, label: "Sequence number reused" },
  REJECTED: { tone: "bad", icon: X, label: "Rejected" },
};

/** The state as a word, a shape and a colour; an unknown one is shown as it came. */
export function StateBadge({ state }: { readonly state: string | undefined }) {
  const known = STATES[state ?? ""];
  return (
    <Badge tone={known?.tone ?? "neutral"} {...(known && { icon: known.icon })}>
      {known?.label ?? state ?? "Unknown"}
    </Badge>
  );
}
