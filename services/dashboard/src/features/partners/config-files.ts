import type { ApiError, ConfigFile } from "@/api";
import { byteLength, decodeBase64, decodeText, encodeBase64, encodeText } from "@/lib/bytes";
import type { CodeDiagnostic } from "@/ui";

/** A file of a config while it is looked at or edited. What is no text is kept as it came. */
export interface DraftFile {
  readonly path: string;
  readonly text?: string;
  readonly base64?: string;
}

export type Draft = readonly DraftFile[];

const MAXIMUM_FILES = 200;
const MAXIMUM_BYTES = 1024 * 1024;

const byPath = (a: DraftFile, b: DraftFile) => (a.path < b.path ? -1 : 1);

/** mapping.yaml first, the rest by path. */
export function sortFiles(files: Draft): Draft {
  const first = files.filter(({ path }) => path === "mapping.yaml");
  return [...first, ...files.filter(({ path }) => path !== "mapping.yaml").sort(byPath)];
}

function fileOfBase64(path: string, base64: string): DraftFile {
  const text = decodeText(base64);
  return text === undefined ? { path, base64 } : { path, text };
}

export function draftOf(files: readonly ConfigFile[] | undefined): Draft {
  return sortFiles((files ?? []).map((file) => fileOfBase64(file.path ?? "", file.content ?? "")));
}

export function fileOfBytes(path: string, bytes: Uint8Array): DraftFile {
  return fileOfBase64(path, encodeBase64(bytes));
}

export function filesOf(draft: Draft): ConfigFile[] {
  return draft.map(({ path, text, base64 }) => ({ path, content: base64 ?? encodeText(text ?? "") }));
}

export function sizeOf({ text, base64 }: DraftFile): number {
  return base64 === undefined ? byteLength(text ?? "") : decodeBase64(base64).length;
}

/** Adds files; one with a path that is there takes its place. */
export function putFiles(draft: Draft, added: Draft): Draft {
  const paths = new Set(added.map(({ path }) => path));
  return sortFiles([...draft.filter(({ path }) => !paths.has(path)), ...added]);
}

export function removeFile(draft: Draft, path: string): Draft {
  return draft.filter((file) => file.path !== path);
}

export function renameFile(draft: Draft, from: string, to: string): Draft {
  return sortFiles(draft.map((file) => (file.path === from ? { ...file, path: to } : file)));
}

/** Why a path cannot be taken; undefined where it can. */
export function pathProblem(path: string, taken: readonly string[]): string | undefined {
  if (path.trim() === "") return "Give the file a path, such as examples/first.yaml.";
  const parts = path.split("/");
  if (parts.some((part) => part === "" || part.startsWith("."))) return "A path has no empty or hidden parts.";
  return taken.includes(path) ? "There is a file with this path already." : undefined;
}

/** What keeps the whole from being sent. */
export function draftProblem(draft: Draft): string | undefined {
  if (!draft.some(({ path }) => path === "mapping.yaml")) return "A config needs a file mapping.yaml.";
  if (draft.length > MAXIMUM_FILES) return `A config has ${MAXIMUM_FILES} files at most; these are ${draft.length}.`;
  const bytes = draft.reduce((sum, file) => sum + sizeOf(file), 0);
  return bytes > MAXIMUM_BYTES ? "The files of a config have 1 MiB together at most." : undefined;
}

export interface FileChange {
  readonly path: string;
  readonly kind: "added" | "changed" | "removed";
  readonly before: string;
  readonly after: string;
}

const shown = (file: DraftFile | undefined) => (file ? (file.text ?? `(${sizeOf(file)} bytes that are no text)`) : "");

export function changesBetween(base: Draft, draft: Draft): FileChange[] {
  const paths = [...new Set([...base, ...draft].map(({ path }) => path))].sort();
  return paths.flatMap((path): FileChange[] => {
    const before = base.find((file) => file.path === path);
    const after = draft.find((file) => file.path === path);
    if (before && after && before.text === after.text && before.base64 === after.base64) return [];
    const kind = before ? (after ? "changed" : "removed") : "added";
    return [{ path, kind, before: shown(before), after: shown(after) }];
  });
}

/** A fault of a config, and where it is, as far as the server says. */
export interface Fault {
  readonly path: string;
  readonly line: number;
  readonly column: number;
  readonly description: string;
}

/** The server names the place as path:line:column, as path alone, or not at all. */
export function faultsOf(error: ApiError, draft: Draft): Fault[] {
  return error.fieldViolations.map(({ field, description }) => {
    const place = /^(.+):(\d+):(\d+)$/.exec(field);
    if (place) return { path: place[1] ?? "", line: Number(place[2]), column: Number(place[3]), description };
    const index = /^files\[(\d+)\]/.exec(field);
    const path = index ? (draft[Number(index[1])]?.path ?? "") : draft.find((file) => file.path === field)?.path;
    return { path: path ?? "", line: 0, column: 0, description };
  });
}

/** Where a fault is underlined: from its column to the end of the line. */
export function diagnosticsOf(faults: readonly Fault[], path: string, text: string): CodeDiagnostic[] {
  const lines = text.split("\n");
  return faults
    .filter((fault) => fault.path === path)
    .map(({ line, column, description }) => {
      const index = Math.min(Math.max(line, 1), lines.length) - 1;
      const start = lines.slice(0, index).reduce((sum, one) => sum + one.length + 1, 0);
      const length = lines[index]?.length ?? 0;
      const from = start + Math.min(Math.max(column - 1, 0), Math.max(0, length - 1));
      return { from, to: start + length, severity: "error", message: description };
    });
}

/** What a new partner's config begins with, so that nobody starts from an empty page. */
export const FIRST_CONFIG: Draft = [
  {
    path: "mapping.yaml",
    text: `# Where each field of an order is in this partner's JSON.
version: 1
fields:
  externalOrderId: id
  customerId: customer
  taxRate: vat
  currency: currency
  transactionTime: {from: at, date: iso8601}
lines:
  from: rows
  fields:
    productId: article
    quantity: {from: count, range: {above: 0}}
    unitPrice: {from: each, range: {above: 0}}
`,
  },
  {
    path: "examples/first-order.yaml",
    text: `description: Three pieces with 19 percent, exact.
payload: >-
  {"id": "A-1", "customer": "C-42", "at": "2026-01-15T10:30:00Z", "currency": "EUR", "vat": 0.19,
  "rows": [{"article": "WIDGET", "count": 3, "each": 9.99}]}
expect:
  verdict: VALID
  order: {externalOrderId: A-1, grossAmount: 29.97, taxAmount: 5.6943, netAmount: 35.6643}
`,
  },
];
