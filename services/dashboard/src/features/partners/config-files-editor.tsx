import { clsx } from "clsx";
import { CircleCheck, CircleX, FilePlus, FolderUp, Pencil, Trash2 } from "lucide-react";
import { type ChangeEvent, type ReactNode, useMemo, useRef, useState } from "react";
import { countOf } from "@/lib/count";
import { Button, CodeEditor, ErrorNotice, IconButton, Spinner } from "@/ui";
import {
  diagnosticsOf,
  type Draft,
  type DraftFile,
  type Fault,
  putFiles,
  removeFile,
  renameFile,
} from "./config-files";
import { FileList, languageOf } from "./file-browser";
import { FilePathDialog } from "./file-path-dialog";
import { readUpload } from "./upload";
import type { ConfigCheck } from "./use-config-check";

export interface ConfigFilesEditorProps {
  readonly files: Draft;
  onChange(files: Draft): void;
  readonly check: ConfigCheck;
}

interface Place {
  readonly path: string;
  readonly from: number;
  readonly to: number;
}

/** The files of a config to edit, with what the server says of them beside them. */
export function ConfigFilesEditor({ files, onChange, check }: ConfigFilesEditorProps) {
  const [selected, setSelected] = useState<string>();
  const [reveal, setReveal] = useState<Place>();
  const [naming, setNaming] = useState<"add" | "rename">();
  const file = files.find(({ path }) => path === selected) ?? files[0];

  function go(fault: Fault) {
    const text = files.find(({ path }) => path === fault.path)?.text;
    if (text === undefined) return;
    const [place] = diagnosticsOf([fault], fault.path, text);
    setSelected(fault.path);
    if (place) setReveal({ path: fault.path, from: place.from, to: place.to });
  }
  function named(path: string) {
    onChange(naming === "rename" && file ? renameFile(files, file.path, path) : putFiles(files, [{ path, text: "" }]));
    setSelected(path);
    setNaming(undefined);
  }
  return (
    <>
      <div className="flex max-md:flex-col">
        <FileList
          files={files}
          current={file?.path}
          faults={(path) => check.faults.filter((fault) => fault.path === path).length}
          onSelect={setSelected}
        >
          <AddFiles onAdd={() => setNaming("add")} onUpload={(added) => onChange(putFiles(files, added))} />
        </FileList>
        <div className="min-w-0 flex-1 p-3">
          {file ? (
            <FileEditor
              key={file.path}
              file={file}
              faults={check.faults}
              reveal={reveal?.path === file.path ? reveal : undefined}
              onChange={(text) => onChange(putFiles(files, [{ path: file.path, text }]))}
              onRename={() => setNaming("rename")}
              onRemove={() => onChange(removeFile(files, file.path))}
            />
          ) : (
            <p className="p-4 text-soft">No files. Add one, or upload the folder of a config.</p>
          )}
        </div>
      </div>
      <CheckResult check={check} onGo={go} />
      {naming && (
        <FilePathDialog
          taken={files.map(({ path }) => path)}
          current={naming === "rename" ? file?.path : undefined}
          onClose={() => setNaming(undefined)}
          onPath={named}
        />
      )}
    </>
  );
}

interface AddFilesProps {
  onAdd(): void;
  onUpload(files: Draft): void;
}

function AddFiles({ onAdd, onUpload }: AddFilesProps) {
  const [error, setError] = useState<unknown>();
  async function take(event: ChangeEvent<HTMLInputElement>) {
    const input = event.target;
    try {
      onUpload(await readUpload(input.files ?? []));
      setError(undefined);
    } catch (failure) {
      setError(failure);
    }
    // The same file can be chosen again.
    input.value = "";
  }
  return (
    <div className="flex flex-wrap gap-1">
      <Button size="small" tone="quiet" icon={<FilePlus aria-hidden="true" className="size-3.5" />} onClick={onAdd}>
        Add a file
      </Button>
      <UploadButton label="Upload files" onTake={take} />
      <UploadButton label="Upload a folder" folder onTake={take} />
      {error !== undefined && <ErrorNotice error={error} title="The files could not be read" />}
    </div>
  );
}

interface UploadButtonProps {
  readonly label: string;
  readonly folder?: boolean;
  onTake(event: ChangeEvent<HTMLInputElement>): Promise<void>;
}

function UploadButton({ label, folder = false, onTake }: UploadButtonProps) {
  const input = useRef<HTMLInputElement>(null);
  return (
    <>
      <Button
        size="small"
        tone="quiet"
        icon={<FolderUp aria-hidden="true" className="size-3.5" />}
        onClick={() => input.current?.click()}
      >
        {label}
      </Button>
      <input
        ref={input}
        type="file"
        multiple
        hidden
        aria-label={label}
        onChange={(event) => void onTake(event)}
        {...(folder && { webkitdirectory: "" })}
      />
    </>
  );
}

interface FileEditorProps {
  readonly file: DraftFile;
  readonly faults: readonly Fault[];
  readonly reveal: Place | undefined;
  onChange(text: string): void;
  onRename(): void;
  onRemove(): void;
}

function FileEditor({ file, faults, reveal, onChange, onRename, onRemove }: FileEditorProps) {
  const { path, text } = file;
  const diagnostics = useMemo(() => diagnosticsOf(faults, path, text ?? ""), [faults, path, text]);
  return (
    <>
      <div className="mb-2 flex items-center justify-between gap-2">
        <code className="min-w-0 font-mono text-sm break-all">{path}</code>
        <span className="flex shrink-0">
          <IconButton label={`Rename ${path}`} size="small" onClick={onRename}>
            <Pencil aria-hidden="true" className="size-3.5" />
          </IconButton>
          <IconButton label={`Remove ${path}`} size="small" onClick={onRemove}>
            <Trash2 aria-hidden="true" className="size-3.5" />
          </IconButton>
        </span>
      </div>
      {text === undefined ? (
        <p className="text-soft">This file is no text: it is kept as it is. Upload another one in its place.</p>
      ) : (
        <CodeEditor
          label={path}
          value={text}
          language={languageOf(path)}
          onChange={onChange}
          diagnostics={diagnostics}
          minHeight="16rem"
          {...(reveal && { reveal })}
        />
      )}
    </>
  );
}

function CheckResult({ check, onGo }: { readonly check: ConfigCheck; onGo(fault: Fault): void }) {
  return (
    <div role="status" className="border-t border-line px-4 py-2.5">
      <p className={clsx("flex items-center gap-2 font-medium", CHECK_COLOURS[check.state])}>
        {check.state === "sound" && <CircleCheck aria-hidden="true" className="size-4" />}
        {(check.state === "faulty" || check.state === "incomplete") && (
          <CircleX aria-hidden="true" className="size-4" />
        )}
        {check.state === "checking" && <Spinner />}
        {wordsOf(check)}
      </p>
      {check.error !== undefined && <ErrorNotice error={check.error} title="The config could not be checked" />}
      {check.faults.length > 0 && (
        <ul className="mt-1.5 flex flex-col gap-1">
          {check.faults.map((fault, index) => (
            <li key={index} className="flex flex-wrap gap-x-3 text-sm">
              <button type="button" onClick={() => onGo(fault)} className="link shrink-0 font-mono text-xs">
                {fault.line > 0 ? `${fault.path}, line ${fault.line}` : fault.path || "the whole config"}
              </button>
              <span className="min-w-0 flex-1 basis-64 break-words">{fault.description}</span>
            </li>
          ))}
        </ul>
      )}
    </div>
  );
}

const CHECK_COLOURS: Readonly<Record<ConfigCheck["state"], string>> = {
  sound: "text-good",
  faulty: "text-bad",
  incomplete: "text-bad",
  checking: "text-soft",
  unknown: "text-warn",
};

function wordsOf(check: ConfigCheck): ReactNode {
  switch (check.state) {
    case "sound":
      return "The config compiles and all its examples pass.";
    case "faulty":
      return `${countOf(check.faults.length, "fault")}: this config would be refused.`;
    case "incomplete":
      return check.problem;
    case "checking":
      return "Checking the config and its examples";
    case "unknown":
      return "Not checked.";
  }
}
