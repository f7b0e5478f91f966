import { clsx } from "clsx";
import type { ButtonHTMLAttributes, ReactNode, Ref } from "react";
import { Spinner } from "./spinner";
import { Tooltip } from "./tooltip";

export type ButtonTone = "primary" | "neutral" | "quiet" | "danger";
export type ButtonSize = "small" | "medium";

const TONES: Record<ButtonTone, string> = {
  primary: "bg-accent text-on-accent border-transparent not-disabled:hover:bg-accent-hover",
  neutral: "bg-surface text-ink border-line shadow-card not-disabled:hover:bg-hover",
  quiet: "bg-transparent text-soft border-transparent not-disabled:hover:bg-hover not-disabled:hover:text-ink",
  danger: "bg-surface text-bad border-line shadow-card not-disabled:hover:bg-bad-wash",
};

const SIZES: Record<ButtonSize | "tiny square" | `${ButtonSize} square`, string> = {
  small: "h-7 gap-1.5 px-2 text-sm",
  medium: "h-8 gap-2 px-3 text-base",
  "tiny square": "size-6",
  "small square": "size-7",
  "medium square": "size-8",
};

/** The look of a button, for links that stand among buttons. */
export function buttonClass(tone: ButtonTone = "neutral", size: keyof typeof SIZES = "medium", extra?: string): string {
  return clsx(
    "inline-flex shrink-0 items-center justify-center rounded-md border font-medium whitespace-nowrap select-none",
    "transition-colors disabled:opacity-60 aria-disabled:opacity-60",
    TONES[tone],
    SIZES[size],
    extra,
  );
}

export interface ButtonProps extends ButtonHTMLAttributes<HTMLButtonElement> {
  readonly tone?: ButtonTone;
  readonly size?: keyof typeof SIZES;
  readonly icon?: ReactNode;
  /** Shows that it is at work, and takes no further click. */
  readonly busy?: boolean;
  readonly ref?: Ref<HTMLButtonElement>;
}

export function Button({ tone, size, icon, busy = false, className, children, disabled, ...rest }: ButtonProps) {
  return (
    <button
      type="button"
      className={buttonClass(tone, size, className)}
      disabled={disabled || busy}
      aria-busy={busy || undefined}
      {...rest}
    >
      {busy ? <Spinner /> : icon}
      {children}
    </button>
  );
}

export interface IconButtonProps extends Omit<ButtonProps, "icon" | "children" | "size"> {
  readonly size?: ButtonSize | "tiny";
  /** What it does: its name for a screen reader, and its tooltip. */
  readonly label: string;
  readonly children: ReactNode;
}

export function IconButton({ label, tone = "quiet", size = "medium", children, ...rest }: IconButtonProps) {
  return (
    <Tooltip text={label}>
      <Button tone={tone} size={`${size} square`} aria-label={label} {...rest}>
        {children}
      </Button>
    </Tooltip>
  );
}
