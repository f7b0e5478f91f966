import { clsx } from "clsx";
import { ListFilter } from "lucide-react";
import { type ReactNode, useState } from "react";
import { usePartnerIds } from "@/api/partner-ids";
import { instantOf, wallClockOf } from "@/lib/time";
import { Button } from "./button";
import { Combobox } from "./combobox";
import { Field, Input } from "./field";
import { useTimeZone } from "./preferences";

export interface FilterProps {
  readonly label: string;
  readonly value: string | undefined;
  readonly className?: string;
  onChange(value: string | undefined): void;
}

export interface TextFilterProps extends FilterProps {
  readonly mono?: boolean;
  readonly disabled?: boolean;
  readonly placeholder?: string;
  /** What is wrong with a text, which is not taken over then. */
  problem?(text: string): string | undefined;
}

/** Takes over on Enter and on leaving, so that nothing half-typed is asked for. */
export function TextFilter({ label, value = "", className, problem, onChange, ...rest }: TextFilterProps) {
  const [typed, setTyped] = useState<string>();
  const shown = typed ?? value;
  const text = shown.trim();
  const wrong = text === "" ? undefined : problem?.(text);
  function accept() {
    if (wrong) return;
    setTyped(undefined);
    if (text !== value) onChange(text || undefined);
  }
  return (
    <Field label={label} error={wrong} {...(className && { className })}>
      <Input
        value={shown}
        onChange={(event) => setTyped(event.target.value)}
        onBlur={accept}
        onKeyDown={(event) => event.key === "Enter" && accept()}
        {...rest}
      />
    </Field>
  );
}

/** A moment in the reader's time zone; the value is an RFC 3339 timestamp. */
export function TimeFilter({ label, value, className, onChange }: FilterProps) {
  const zone = useTimeZone();
  return (
    <Field label={label} {...(className && { className })}>
      <Input
        type="datetime-local"
        value={wallClockOf(value, zone)}
        onChange={(event) => onChange(instantOf(event.target.value, zone))}
      />
    </Field>
  );
}

/** Nothing for a partner, who has nobody to choose. */
export function PartnerFilter({ value = "", className, onChange }: Omit<FilterProps, "label">) {
  const partners = usePartnerIds();
  if (!partners) return null;
  return (
    <Field label="Partner" {...(className && { className })}>
      <Combobox
        value={value}
        options={partners}
        free
        placeholder="Any"
        onChange={(partner) => onChange(partner || undefined)}
      />
    </Field>
  );
}

export interface FilterPanelProps {
  /** How many filters are set. */
  readonly count: number;
  readonly children: ReactNode;
}

/** The filters of a list, behind a button where the screen is narrow. */
export function FilterPanel({ count, children }: FilterPanelProps) {
  const [open, setOpen] = useState(false);
  return (
    <div className="flex flex-col gap-3">
      <div className="md:hidden">
        <Button
          icon={<ListFilter aria-hidden="true" className="size-4" />}
          aria-expanded={open}
          onClick={() => setOpen(!open)}
        >
          Filters{count > 0 && `: ${count}`}
        </Button>
      </div>
      <div
        className={clsx(
          "grid grid-cols-[repeat(auto-fit,minmax(8.75rem,1fr))] items-end gap-3",
          !open && "max-md:hidden",
        )}
      >
        {children}
      </div>
    </div>
  );
}
