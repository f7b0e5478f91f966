import { Button, Combobox, Field, FilterPanel, PartnerFilter, Select, TextFilter, TimeFilter } from "@/ui";
import { CODES, hasFilter, onlyFilter, STATUSES } from "./filters";
import type { ErrorsFilter } from "./search";

const ANY = "any";
const STATUS_OPTIONS = [{ value: ANY, label: "Any" }, ...STATUSES];

export interface FilterBarProps {
  readonly filter: ErrorsFilter;
  onChange(filter: ErrorsFilter): void;
}

/** The filters of the list; they stand in the address, so a link leads to the same list. */
export function FilterBar({ filter, onChange }: FilterBarProps) {
  const set = (change: Partial<ErrorsFilter>) => onChange({ ...onlyFilter(filter), ...change });
  return (
    <FilterPanel count={Object.values(onlyFilter(filter)).filter(Boolean).length}>
      <PartnerFilter value={filter.partner} onChange={(partner) => set({ partner })} />
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
        label="Field"
        value={filter.field}
        disabled={!filter.code}
        placeholder={filter.code ? "Any" : "Needs a code"}
        onChange={(field) => set({ field })}
      />
      <TextFilter label="Assignee" value={filter.assignee} onChange={(assignee) => set({ assignee })} />
      <TextFilter label="Tag" value={filter.tag} onChange={(tag) => set({ tag })} />
      <TextFilter label="Text in the payload" value={filter.text} onChange={(text) => set({ text })} />
      <TimeFilter
        label="Received from"
        className="sm:col-span-2"
        value={filter.from}
        onChange={(from) => set({ from })}
      />
      <TimeFilter label="Received before" className="sm:col-span-2" value={filter.to} onChange={(to) => set({ to })} />
      {hasFilter(filter) && (
        <Button tone="quiet" onClick={() => onChange({})}>
          Clear the filters
        </Button>
      )}
    </FilterPanel>
  );
}
