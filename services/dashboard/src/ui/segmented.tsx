import { clsx } from "clsx";
import { ToggleGroup as Radix } from "radix-ui";
import type { ReactNode } from "react";

export interface SegmentedProps<T extends string> {
  readonly label: string;
  readonly value: T;
  onChange(value: T): void;
  readonly options: readonly { readonly value: T; readonly label: ReactNode }[];
}

/** One of two to four ways to look at the same thing. */
export function Segmented<T extends string>({ label, value, onChange, options }: SegmentedProps<T>) {
  return (
    <Radix.Root
      type="single"
      aria-label={label}
      value={value}
      onValueChange={(next) => next && onChange(next as T)}
      className="inline-flex rounded-md border border-line bg-sunken p-0.5"
    >
      {options.map((option) => (
        <Radix.Item
          key={option.value}
          value={option.value}
          className={clsx(
            "inline-flex h-6 items-center gap-1.5 rounded px-2 text-sm font-medium whitespace-nowrap text-soft",
            "hover:text-ink data-[state=on]:bg-surface data-[state=on]:text-ink data-[state=on]:shadow-card",
            "dark:data-[state=on]:bg-hover",
          )}
        >
          {option.label}
        </Radix.Item>
      ))}
    </Radix.Root>
  );
}
