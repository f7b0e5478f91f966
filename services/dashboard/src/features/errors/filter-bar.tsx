import { useQuery } from "@tanstack/react-query";
import { clsx } from "clsx";
import { ListFilter } from "lucide-react";
import { useState } from "react";
import { api, isPartner, read, useSession } from "@/api";
import { instantOf, wallClockOf } from "@/lib/time";
import { Button, Combobox, Field, Input, Select, useTimeZone } from "@/ui";
import { CODES, hasFilter, onlyFilter, STATUSES } from "./filters";
import type { ErrorsFilter } from "./search";

const ANY = "any";
const STATUS_OPTIONS = [{ value: ANY, label: "Any" }, ...STATUSES];

function usePartnerIds(enabled: boolean): readonly string[] {
  const { data } = useQuery({
    queryKey: ["errors", "partners"],
    queryFn: ({ signal }) => read(api.GET("/api/partners", { params: { query: { pageSize: 1000 } }, signal })),
    select: ({ partners }) => (partners ?? []).map(({ partnerId }) => partnerId ?? ""),
    staleTime: 60_000,
    enabled,
  });
  return data ?? [];
}

interface TextFilterProps {
  readonly label: string;
  readonly value: string | undefined;
  readonly disabled?: boolean;
  readonly placeholder?: string;
  onCommit(value: string | undefined): void;
}

/** Takes over on Enter or on leaving, so that nothing half-typed is asked for. */
function TextFilter({ label, value = "", onCommit, ...rest }: TextFilterProps) {
  const [text, setText] = useState(value);
  const commit = () => text.trim() !== value && onCommit(text.trim() || undefined);
  return (
    <Field label={label}>
      <Input
        value={text}
        onChange={(event) => setText(event.target.value)}
        onBlur={commit}
        onKeyDown={(event) => event.key === "Enter" && commit()}
        {...rest}
      />
    </Field>
  );
}

function TimeFilter({ label, value, onCommit }: TextFilterProps) {
  const zone = useTimeZone();
  return (
    <Field label={label} className="sm:col-span-2">
      <Input
        type="datetime-local"
        value={wallClockOf(value, zone)}
        onChange={(event) => onCommit(instantOf(event.target.value, zone))}
      />
    </Field>
  );
}

export interface FilterBarProps {
  readonly filter: ErrorsFilter;
  onChange(filter: ErrorsFilter): void;
}

/** The filters of the list; they stand in the address, so a link leads to the same list. */
export function FilterBar({ filter, onChange }: FilterBarProps) {
  const session = useSession();
  const own = isPartner(session);
  const partners = usePartnerIds(!own);
  const [open, setOpen] = useState(false);
  const count = Object.values(onlyFilter(filter)).filter(Boolean).length;
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
        <Controls filter={filter} onChange={onChange} partners={own ? undefined : partners} />
        {hasFilter(filter) && (
          <Button tone="quiet" onClick={() => onChange({})}>
            Clear the filters
          </Button>
        )}
      </div>
    </div>
  );
}

interface ControlsProps extends FilterBarProps {
  /** Undefined where there is nothing to choose. */
  readonly partners: readonly string[] | undefined;
}

function Controls({ filter, onChange, partners }: ControlsProps) {
  const set = (change: Partial<ErrorsFilter>) => onChange({ ...onlyFilter(filter), ...change });
  return (
    <>
      {partners && (
        <Field label="Partner">
          <Combobox
            value={filter.partner ?? ""}
            options={partners}
            free
            placeholder="Any"
            onChange={(partner) => set({ partner: partner || undefined })}
          />
        </Field>
      )}
      <Field label="Status">
        <Select
          value={filter.status ?? ANY}
          options={STATUS_OPTIONS}
          onChange={(status) => set({ status: status === ANY ? undefined : status })}
        />
      </Field>
      <Field label="Code">
        <Combobox
          value={filter.code ?? ""}
          options={CODES}
          placeholder="Any"
          onChange={(code) => set({ code: code || undefined, ...(!code && { field: undefined }) })}
        />
      </Field>
      <TextFilter
        key={`field ${filter.field} ${filter.code}`}
        label="Field"
        value={filter.field}
        disabled={!filter.code}
        placeholder={filter.code ? "Any" : "Needs a code"}
        onCommit={(field) => set({ field })}
      />
      <TextFilter
        key={`assignee ${filter.assignee}`}
        label="Assignee"
        value={filter.assignee}
        onCommit={(assignee) => set({ assignee })}
      />
      <TextFilter key={`tag ${filter.tag}`} label="Tag" value={filter.tag} onCommit={(tag) => set({ tag })} />
      <TextFilter
        key={`text ${filter.text}`}
        label="Text in the payload"
        value={filter.text}
        onCommit={(text) => set({ text })}
      />
      <TimeFilter label="Received from" value={filter.from} onCommit={(from) => set({ from })} />
      <TimeFilter label="Received before" value={filter.to} onCommit={(to) => set({ to })} />
    </>
  );
}
