import type { Violation } from "@/api";
import { EVERY, formatPath, type JsonPath, parsePath, type PathPattern } from "@/lib/json-path";
import { follow, type JsonNode, type TextRange } from "@/lib/json-place";

/** Where the canonical fields come from in a partner's payload. */
export interface FieldPlaces {
  /** The array of the lines; undefined where the payload itself is the one line. */
  readonly lines: PathPattern | undefined;
  readonly order: ReadonlyMap<string, PathPattern>;
  readonly line: ReadonlyMap<string, PathPattern>;
}

/** A canonical order holds its fields under their own names. */
export const CANONICAL: FieldPlaces = { lines: ["lines"], order: new Map(), line: new Map() };

/** Where the field stands, with every line where it is a line's. */
export function patternOf(field: string, places: FieldPlaces): PathPattern | undefined {
  const line = places.line.get(field);
  if (line) return places.lines ? [...places.lines, EVERY, ...line] : line;
  return places.order.get(field) ?? parsePath(field);
}

/** The path for the form of a rule: `lines[].CustomerID`. */
export function rulePath(field: string, places: FieldPlaces): string {
  const pattern = patternOf(field, places);
  return pattern ? formatPath(pattern) : field;
}

function concrete(pattern: PathPattern, line: number): JsonPath {
  return pattern.map((step) => (step === EVERY ? Math.max(0, line - 1) : step));
}

function pathOfViolation({ field = "", line = 0 }: Violation, places: FieldPlaces): JsonPath {
  if (field === "lines" && places.lines) return concrete(places.lines, 0);
  const known = places.line.has(field) || places.order.has(field);
  if (line > 0 && places.lines && !places.line.has(field)) {
    const within = parsePath(field) ?? [];
    return concrete([...places.lines, EVERY, ...within], line);
  }
  const pattern = known ? patternOf(field, places) : parsePath(field);
  return concrete(pattern ?? [], line);
}

/** The place of a violation: its value, or the beginning of what should hold the missing one. */
export function rangeOf(violation: Violation, root: JsonNode, places: FieldPlaces): TextRange {
  const { node, exact } = follow(root, pathOfViolation(violation, places));
  return exact ? { from: node.from, to: node.to } : { from: node.from, to: node.from + 1 };
}
