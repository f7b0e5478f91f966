import { clsx } from "clsx";
import { FileText } from "lucide-react";
import type { ReactNode } from "react";
import { formatBytes } from "@/lib/count";
import { Badge, CodeEditor, CopyButton } from "@/ui";
import { type Draft, type DraftFile, sizeOf } from "./config-files";

export interface FileListProps {
  readonly files: Draft;
  readonly current: string | undefined;
  /** How many faults a file has. */
  faults?(path: string): number;
  onSelect(path: string): void;
  /** Below the files. */
  readonly children?: ReactNode;
}

export function FileList({ files, current, faults, onSelect, children }: FileListProps) {
  return (
    <div className="flex min-w-0 flex-col gap-2 border-line p-2 max-md:border-b md:w-56 md:shrink-0 md:border-r">
      <ul aria-label="Files" className="scroll-thin flex flex-col gap-0.5 overflow-y-auto max-md:max-h-44">
        {files.map(({ path }) => {
          const count = faults?.(path) ?? 0;
          return (
            <li key={path}>
              <button
                type="button"
                aria-current={path === current ? "true" : undefined}
                onClick={() => onSelect(path)}
                className={clsx(
                  "flex w-full items-center gap-2 rounded-md px-2 py-1 text-left hover:bg-hover",
                  "aria-[current=true]:bg-accent-wash aria-[current=true]:text-accent",
                )}
              >
                <FileText aria-hidden="true" className="size-3.5 shrink-0 text-faint" />
                <span className="min-w-0 flex-1 font-mono text-xs break-all">{path}</span>
                {count > 0 && <Badge tone="bad">{count}</Badge>}
              </button>
            </li>
          );
        })}
      </ul>
      {children}
    </div>
  );
}

/** Files of a version, to read. */
export function FileBrowser(props: {
  readonly files: Draft;
  readonly selected: string | undefined;
  onSelect(path: string): void;
}) {
  const { files, selected, onSelect } = props;
  const file = files.find(({ path }) => path === selected) ?? files[0];
  return (
    <div className="flex max-md:flex-col">
      <FileList files={files} current={file?.path} onSelect={onSelect} />
      <div className="min-w-0 flex-1 p-3">{file && <FileContent file={file} />}</div>
    </div>
  );
}

function FileContent({ file }: { readonly file: DraftFile }) {
  return (
    <>
      <div className="mb-2 flex items-center justify-between gap-2">
        <code className="min-w-0 font-mono text-sm break-all">{file.path}</code>
        <span className="flex shrink-0 items-center gap-1 text-sm text-faint">
          {formatBytes(sizeOf(file))}
          {file.text !== undefined && <CopyButton value={file.text} what="file" />}
        </span>
      </div>
      {file.text === undefined ? (
        <p className="text-soft">This file is no text and cannot be shown.</p>
      ) : (
        <CodeEditor key={file.path} label={file.path} value={file.text} language={languageOf(file.path)} />
      )}
    </>
  );
}

export function languageOf(path: string): "json" | "text" {
  return path.endsWith(".json") ? "json" : "text";
}
