import { parse } from "yaml";
import { parsePath, type PathPattern } from "@/lib/json-path";
import type { FieldPlaces } from "./places";

type Yaml = Record<string, unknown>;
const map = (value: unknown): Yaml =>
  value && typeof value === "object" && !Array.isArray(value) ? (value as Yaml) : {};

/** A field is a path alone, or has one under `from`; of joined parts the first one is shown. */
function pathOf(field: unknown): PathPattern | undefined {
  if (typeof field === "string") return parsePath(field);
  const { from, concat } = map(field);
  if (typeof from === "string") return parsePath(from);
  return Array.isArray(concat) ? concat.map(pathOf).find((path) => path !== undefined) : undefined;
}

function pathsOf(fields: unknown, checks: unknown): Map<string, PathPattern> {
  const named = Array.isArray(checks) ? checks.map((check) => [map(check).name, check] as const) : [];
  const paths = new Map<string, PathPattern>();
  for (const [name, field] of [...Object.entries(map(fields)), ...named]) {
    const path = pathOf(field);
    if (typeof name === "string" && path) paths.set(name, path);
  }
  return paths;
}

/** Reads the paths out of a mapping.yaml; what it does not understand it leaves out. */
export function placesOfMapping(yaml: string): FieldPlaces {
  const mapping = map(parse(yaml));
  const lines = map(mapping.lines);
  return {
    lines: typeof lines.from === "string" ? parsePath(lines.from) : undefined,
    order: pathsOf(mapping.fields, mapping.checks),
    line: pathsOf(lines.fields, lines.checks),
  };
}
