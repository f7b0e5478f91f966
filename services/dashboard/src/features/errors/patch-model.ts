import type { Patch, PatchOperation } from "@/api";
import { parsePath } from "@/lib/json-path";
import { type JsonFault, readJson } from "@/lib/json-place";

export type OperationKind = "set" | "replace" | "remove" | "map";

/** A value of the form: a text as people write it, or any JSON exactly as written. */
export interface FormValue {
  readonly type: "text" | "json";
  readonly text: string;
}

export interface MapRow {
  readonly from: FormValue;
  readonly to: FormValue;
}

/** One operation in the form. What another kind needs is kept while the kind is changed back and forth. */
export interface FormOperation {
  /** Only for the list on the page. */
  readonly key: number;
  readonly kind: OperationKind;
  readonly path: string;
  readonly value: FormValue;
  readonly from: FormValue;
  readonly rows: readonly MapRow[];
}

export const EMPTY_VALUE: FormValue = { type: "text", text: "" };

export function newOperation(key: number, path = "", kind: OperationKind = "set"): FormOperation {
  return { key, kind, path, value: EMPTY_VALUE, from: EMPTY_VALUE, rows: [{ from: EMPTY_VALUE, to: EMPTY_VALUE }] };
}

/** A JSON text as the form shows it: texts without quotes, all else as it is, so that numbers keep their digits. */
export function toFormValue(json: string | undefined): FormValue {
  const text = json ?? "";
  try {
    const value: unknown = JSON.parse(text);
    if (typeof value === "string" && JSON.stringify(value) === text) return { type: "text", text: value };
  } catch {
    // What is no JSON is shown as it came, and the form says what is wrong with it.
  }
  return { type: "json", text };
}

export function toJsonText({ type, text }: FormValue): string {
  return type === "text" ? JSON.stringify(text) : text.trim();
}

export function toFormOperations(patch: Patch): readonly FormOperation[] {
  return (patch.operations ?? []).map((operation, key) => {
    const { set, replace, remove, mapValue } = operation;
    if (replace) {
      const base = newOperation(key, replace.path, "replace");
      return { ...base, from: toFormValue(replace.from), value: toFormValue(replace.to) };
    }
    if (remove) return newOperation(key, remove.path, "remove");
    if (mapValue) {
      const rows = Object.entries(mapValue.table ?? {}).map(([from, to]) => ({
        from: toFormValue(from),
        to: toFormValue(to),
      }));
      return { ...newOperation(key, mapValue.path, "map"), rows };
    }
    return { ...newOperation(key, set?.path), value: toFormValue(set?.value) };
  });
}

function toOperation({ kind, path, value, from, rows }: FormOperation): PatchOperation {
  const at = path.trim();
  switch (kind) {
    case "set":
      return { set: { path: at, value: toJsonText(value) } };
    case "replace":
      return { replace: { path: at, from: toJsonText(from), to: toJsonText(value) } };
    case "remove":
      return { remove: { path: at } };
    case "map":
      return {
        mapValue: {
          path: at,
          table: Object.fromEntries(rows.map((row) => [toJsonText(row.from), toJsonText(row.to)])),
        },
      };
  }
}

export function toPatch(operations: readonly FormOperation[]): Patch {
  return { operations: operations.map(toOperation) };
}

export const MOST_OPERATIONS = 50;

function valueProblem(value: FormValue): string | undefined {
  if (value.type === "text") return undefined;
  try {
    readJson(value.text);
    return undefined;
  } catch (error) {
    const fault = error as JsonFault;
    return `This is no JSON: ${fault.message}.`;
  }
}

export interface OperationProblems {
  readonly path?: string | undefined;
  readonly value?: string | undefined;
  readonly from?: string | undefined;
  readonly rows?: string | undefined;
}

function rowsProblem(rows: readonly MapRow[]): string | undefined {
  const keys = rows.map(({ from }) => toJsonText(from));
  if (rows.length === 0) return "Add at least one value.";
  if (new Set(keys).size < keys.length) return "A value stands there twice.";
  return rows.map((row) => valueProblem(row.from) ?? valueProblem(row.to)).find(Boolean);
}

/** What keeps an operation from being tried; undefined where it is complete. */
export function problemsOf(operation: FormOperation): OperationProblems | undefined {
  const { kind, path, value, from, rows } = operation;
  const problems: OperationProblems = {
    path: parsePath(path.trim()) ? undefined : "Write a path such as order.ref or lines[].CustomerID.",
    value: kind === "set" || kind === "replace" ? valueProblem(value) : undefined,
    from: kind === "replace" ? valueProblem(from) : undefined,
    rows: kind === "map" ? rowsProblem(rows) : undefined,
  };
  return Object.values(problems).some(Boolean) ? problems : undefined;
}

export function isComplete(operations: readonly FormOperation[]): boolean {
  return operations.length > 0 && operations.length <= MOST_OPERATIONS && !operations.some(problemsOf);
}

/** An operation in words: `set lines[].CustomerID to "99999"`. */
export function operationWords({ set, replace, remove, mapValue }: PatchOperation): string {
  if (set) return `set ${set.path} to ${set.value}`;
  if (replace) return `replace ${replace.from} by ${replace.to} at ${replace.path}`;
  if (remove) return `remove ${remove.path}`;
  return `map ${Object.keys(mapValue?.table ?? {}).length} values at ${mapValue?.path}`;
}
