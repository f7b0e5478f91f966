import { ArrowDown, ArrowUp, Plus, Trash2 } from "lucide-react";
import { Button, Field, IconButton, Input, Select } from "@/ui";
import {
  EMPTY_VALUE,
  type FormOperation,
  type FormValue,
  type MapRow,
  type OperationKind,
  problemsOf,
} from "./patch-model";

const KINDS: readonly { readonly value: OperationKind; readonly label: string }[] = [
  { value: "set", label: "Set to" },
  { value: "replace", label: "Replace" },
  { value: "remove", label: "Remove" },
  { value: "map", label: "Map values" },
];
const TYPES: readonly { readonly value: FormValue["type"]; readonly label: string }[] = [
  { value: "text", label: "Text" },
  { value: "json", label: "JSON" },
];

interface ValueInputProps {
  readonly label: string;
  readonly value: FormValue;
  readonly error?: string | undefined;
  onChange(value: FormValue): void;
}

/** A text without quotes, or any JSON as it is written: a number, true, null, an object. */
function ValueInput({ label, value, error, onChange }: ValueInputProps) {
  return (
    <div className="flex min-w-0 flex-1 items-start gap-1">
      <Field label={label} {...(error && { error })} className="flex-1">
        <Input mono value={value.text} onChange={(event) => onChange({ ...value, text: event.target.value })} />
      </Field>
      <div className="pt-6">
        <Select
          label={`${label}: kind of value`}
          className="w-20!"
          value={value.type}
          options={TYPES}
          onChange={(type) => onChange({ ...value, type })}
        />
      </div>
    </div>
  );
}

interface RowsProps {
  readonly rows: readonly MapRow[];
  readonly error: string | undefined;
  onChange(rows: readonly MapRow[]): void;
}

function MapRows({ rows, error, onChange }: RowsProps) {
  const change = (index: number, row: MapRow) => onChange(rows.map((old, at) => (at === index ? row : old)));
  return (
    <div className="flex flex-col gap-2">
      {rows.map((row, index) => (
        <div key={index} className="flex flex-wrap items-start gap-2">
          <ValueInput label="Value" value={row.from} onChange={(from) => change(index, { ...row, from })} />
          <ValueInput label="Becomes" value={row.to} onChange={(to) => change(index, { ...row, to })} />
          <div className="pt-6">
            <IconButton label="Remove this value" onClick={() => onChange(rows.filter((_, at) => at !== index))}>
              <Trash2 aria-hidden="true" className="size-4" />
            </IconButton>
          </div>
        </div>
      ))}
      {error && <p className="text-xs text-bad">{error}</p>}
      <div>
        <Button
          size="small"
          icon={<Plus aria-hidden="true" className="size-3.5" />}
          onClick={() => onChange([...rows, { from: EMPTY_VALUE, to: EMPTY_VALUE }])}
        >
          Another value
        </Button>
      </div>
    </div>
  );
}

export interface OperationFormProps {
  readonly operation: FormOperation;
  readonly number: number;
  readonly last: boolean;
  /** Says what is missing only after somebody has tried to go on. */
  readonly strict: boolean;
  onChange(operation: FormOperation): void;
  onRemove(): void;
  onMove(step: 1 | -1): void;
}

/** One operation of a rule. */
export function OperationForm({ operation, number, last, strict, onChange, onRemove, onMove }: OperationFormProps) {
  const { kind, path, value, from, rows } = operation;
  const problems = strict ? problemsOf(operation) : undefined;
  const set = (change: Partial<FormOperation>) => onChange({ ...operation, ...change });
  return (
    <fieldset className="flex min-w-0 flex-col gap-2 rounded-lg border border-line bg-sunken p-3">
      <legend className="sr-only">Operation {number}</legend>
      <div className="flex flex-wrap items-start gap-2">
        <Field label="Do" className="w-32">
          <Select value={kind} options={KINDS} onChange={(next) => set({ kind: next })} />
        </Field>
        <Field
          label="At this path"
          className="min-w-52 flex-1"
          hint="lines[].price is the price of every line."
          {...(problems?.path && { error: problems.path })}
        >
          <Input mono value={path} onChange={(event) => set({ path: event.target.value })} />
        </Field>
        <div className="flex sm:pt-6">
          <IconButton label="Move up" disabled={number === 1} onClick={() => onMove(-1)}>
            <ArrowUp aria-hidden="true" className="size-4" />
          </IconButton>
          <IconButton label="Move down" disabled={last} onClick={() => onMove(1)}>
            <ArrowDown aria-hidden="true" className="size-4" />
          </IconButton>
          <IconButton label="Remove this operation" onClick={onRemove}>
            <Trash2 aria-hidden="true" className="size-4" />
          </IconButton>
        </div>
      </div>
      <div className="flex flex-wrap gap-2">
        {kind === "replace" && (
          <ValueInput
            label="Where it is"
            value={from}
            error={problems?.from}
            onChange={(next) => set({ from: next })}
          />
        )}
        {(kind === "set" || kind === "replace") && (
          <ValueInput
            label={kind === "set" ? "To this value" : "Becomes"}
            value={value}
            error={problems?.value}
            onChange={(next) => set({ value: next })}
          />
        )}
      </div>
      {kind === "map" && <MapRows rows={rows} error={problems?.rows} onChange={(next) => set({ rows: next })} />}
    </fieldset>
  );
}
