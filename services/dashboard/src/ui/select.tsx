import { clsx } from "clsx";
import { Check, ChevronDown } from "lucide-react";
import { Select as Radix } from "radix-ui";
import { controlClass, useFieldControl } from "./field";

export interface SelectOption<T extends string = string> {
  readonly value: T;
  readonly label: string;
}

export interface SelectProps<T extends string> {
  readonly value: T | undefined;
  onChange(value: T): void;
  readonly options: readonly SelectOption<T>[];
  readonly placeholder?: string;
  /** Its name where it stands in no Field. */
  readonly label?: string;
  readonly disabled?: boolean;
  readonly className?: string;
}

/** One of a few. For many, or for what may be typed freely, there is Combobox. The value "" is not possible. */
export function Select<T extends string>(props: SelectProps<T>) {
  const { value, onChange, options, placeholder, label, disabled, className } = props;
  return (
    <Radix.Root value={value ?? ""} onValueChange={(next) => onChange(next as T)} {...(disabled && { disabled })}>
      <Radix.Trigger
        aria-label={label}
        className={clsx(
          controlClass,
          "flex items-center justify-between gap-2 text-left data-placeholder:text-faint",
          className,
        )}
        {...useFieldControl()}
      >
        <span className="truncate">
          <Radix.Value placeholder={placeholder} />
        </span>
        <ChevronDown aria-hidden="true" className="size-4 shrink-0 text-faint" />
      </Radix.Trigger>
      <Radix.Portal>
        <Radix.Content
          position="popper"
          sideOffset={4}
          className={clsx(
            "z-50 max-h-80 min-w-(--radix-select-trigger-width) overflow-hidden rounded-lg border border-line",
            "bg-raised p-1 shadow-raised",
          )}
        >
          <Radix.Viewport>
            {options.map((option) => (
              <Radix.Item
                key={option.value}
                value={option.value}
                className={clsx(
                  "flex h-8 items-center justify-between gap-3 rounded-md px-2 outline-none select-none",
                  "data-highlighted:bg-hover",
                )}
              >
                <Radix.ItemText>{option.label}</Radix.ItemText>
                <Radix.ItemIndicator>
                  <Check aria-hidden="true" className="size-4 text-accent" />
                </Radix.ItemIndicator>
              </Radix.Item>
            ))}
          </Radix.Viewport>
        </Radix.Content>
      </Radix.Portal>
    </Radix.Root>
  );
}
