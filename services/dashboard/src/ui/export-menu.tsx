import { Download } from "lucide-react";
import { useRef, useState } from "react";
import { download } from "@/api/download";
import { ApiError } from "@/api/errors";
import { formatBytes } from "@/lib/count";
import { Button } from "./button";
import { Dialog } from "./dialog";
import { ErrorNotice } from "./error-notice";
import { Menu, MenuItem, MenuLabel } from "./menu";
import { toast } from "./toast";

export interface ExportMenuProps {
  readonly what: "errors" | "orders";
  /** The filters, as the API takes them. */
  readonly query: Readonly<Record<string, string | undefined>>;
  /** What NDJSON has that CSV has not. */
  readonly ndjson: string;
}

/** Saves what the filters show as a file, as a stream: its size does not matter. */
export function ExportMenu({ what, query, ndjson }: ExportMenuProps) {
  const [bytes, setBytes] = useState<number>();
  const [error, setError] = useState<unknown>();
  const abort = useRef<AbortController>(null);

  async function save(format: "CSV" | "NDJSON") {
    const controller = new AbortController();
    abort.current = controller;
    setError(undefined);
    setBytes(0);
    try {
      const saved = await download({
        path: `/api/${what}/export`,
        query: { ...query, format },
        fileName: `${what}.${format.toLowerCase()}`,
        signal: controller.signal,
        onProgress: setBytes,
      });
      if (saved) toast({ tone: "good", title: `The ${what} are saved as ${format}` });
    } catch (failure) {
      setError(failure);
    } finally {
      setBytes(undefined);
    }
  }

  if (bytes !== undefined) {
    return (
      <Button onClick={() => abort.current?.abort()} title="Click to stop">
        <span role="status">Saving {formatBytes(bytes)}</span> · Stop
      </Button>
    );
  }
  return (
    <>
      <Menu trigger={<Button icon={<Download aria-hidden="true" className="size-4" />}>Export</Button>}>
        <MenuLabel>All {what} of these filters</MenuLabel>
        <MenuItem onSelect={() => void save("CSV")}>CSV, for spreadsheets</MenuItem>
        <MenuItem onSelect={() => void save("NDJSON")}>NDJSON, {ndjson}</MenuItem>
      </Menu>
      <Dialog
        open={error !== undefined}
        onOpenChange={() => setError(undefined)}
        title="The export was not saved"
        description="It broke off, and a part of it would look like the whole."
      >
        <ErrorNotice error={error instanceof ApiError ? error : new Error("The file could not be written")} />
      </Dialog>
    </>
  );
}
