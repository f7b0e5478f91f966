import { describe, expect, it } from "vitest";
import { ApiError } from "@/api";
import { encodeBase64, encodeText } from "@/lib/bytes";
import {
  changesBetween,
  diagnosticsOf,
  draftOf,
  draftProblem,
  faultsOf,
  filesOf,
  FIRST_CONFIG,
  pathProblem,
  putFiles,
  removeFile,
  renameFile,
} from "./config-files";
import { readUpload } from "./upload";

const refusal = (fields: string[]) =>
  new ApiError({
    message: "the config was refused",
    code: 3,
    status: 400,
    reason: "CONFIG_REFUSED",
    requestId: "r",
    fieldViolations: fields.map((field) => ({ field, description: `fault at ${field}` })),
  });

describe("the files of a config", () => {
  const binary = encodeBase64(new Uint8Array([0xff, 0xfe, 0]));
  const files = [
    { path: "examples/a.yaml", content: encodeText("ä: 1\n") },
    { path: "logo.bin", content: binary },
    { path: "mapping.yaml", content: encodeText("version: 1\n") },
  ];

  it("come back byte for byte, those that are no text too, mapping.yaml first", () => {
    const draft = draftOf(files);
    expect(draft.map(({ path }) => path)).toEqual(["mapping.yaml", "examples/a.yaml", "logo.bin"]);
    expect([...filesOf(draft)].sort((a, b) => ((a.path ?? "") < (b.path ?? "") ? -1 : 1))).toEqual(files);
  });

  it("can be added, replaced, renamed and removed", () => {
    let draft = putFiles(draftOf(files), [{ path: "examples/b.yaml", text: "" }]);
    draft = putFiles(draft, [{ path: "mapping.yaml", text: "version: 2\n" }]);
    draft = removeFile(renameFile(draft, "examples/a.yaml", "examples/z.yaml"), "logo.bin");
    expect(draft.map(({ path }) => path)).toEqual(["mapping.yaml", "examples/b.yaml", "examples/z.yaml"]);
    expect(changesBetween(draftOf(files), draft).map(({ path, kind }) => `${path} ${kind}`)).toEqual([
      "examples/a.yaml removed",
      "examples/b.yaml added",
      "examples/z.yaml added",
      "logo.bin removed",
      "mapping.yaml changed",
    ]);
  });

  it("without a change have no changes", () => {
    expect(changesBetween(draftOf(files), draftOf(files))).toEqual([]);
  });

  it("need mapping.yaml and fit in 1 MiB", () => {
    expect(draftProblem([])).toContain("mapping.yaml");
    expect(draftProblem([{ path: "mapping.yaml", text: "x".repeat(1024 * 1024 + 1) }])).toContain("1 MiB");
    expect(draftProblem(FIRST_CONFIG)).toBeUndefined();
  });

  it("have paths that the server takes", () => {
    expect(pathProblem("examples/a.yaml", ["examples/a.yaml"])).toContain("already");
    for (const path of ["", "/a", "a//b", ".hidden", "a/../b"]) expect(pathProblem(path, [])).toBeDefined();
    expect(pathProblem("examples/new.yaml", ["mapping.yaml"])).toBeUndefined();
  });

  it("uploaded as a folder lose the folder's name, hidden files and partner.yaml", async () => {
    const file = (path: string) => {
      const made = new File(["x: 1\n"], path.split("/").at(-1) ?? "");
      Object.defineProperty(made, "webkitRelativePath", { value: path });
      return made;
    };
    const draft = await readUpload(
      ["acme/mapping.yaml", "acme/examples/a.yaml", "acme/.git/config", "acme/partner.yaml"].map(file),
    );
    expect(draft).toEqual([
      { path: "mapping.yaml", text: "x: 1\n" },
      { path: "examples/a.yaml", text: "x: 1\n" },
    ]);
  });
});

describe("faults", () => {
  const draft = [{ path: "mapping.yaml", text: "version: 1\nfields:\n  nonsense: 3\n" }];

  it("are read with file, line and column as far as the server names them", () => {
    expect(faultsOf(refusal(["mapping.yaml:3:3", "mapping.yaml", "files[0].path", "elsewhere"]), draft)).toEqual([
      { path: "mapping.yaml", line: 3, column: 3, description: "fault at mapping.yaml:3:3" },
      { path: "mapping.yaml", line: 0, column: 0, description: "fault at mapping.yaml" },
      { path: "mapping.yaml", line: 0, column: 0, description: "fault at files[0].path" },
      { path: "", line: 0, column: 0, description: "fault at elsewhere" },
    ]);
  });

  it("are underlined from their column to the end of the line", () => {
    const text = draft[0]?.text ?? "";
    const [found] = diagnosticsOf(faultsOf(refusal(["mapping.yaml:3:3"]), draft), "mapping.yaml", text);
    expect(text.slice(found?.from, found?.to)).toBe("nonsense: 3");
  });

  it("beyond the end of the text stay within it", () => {
    const text = "a\n";
    const [found] = diagnosticsOf([{ path: "p", line: 9, column: 9, description: "x" }], "p", text);
    expect(found?.from).toBeLessThanOrEqual(text.length);
    expect(found?.to).toBeLessThanOrEqual(text.length);
  });
});
