import { Download } from "lucide-react";
import { useRef, useState } from "react";
import { ApiError, download } from "@/api";
import { formatBytes } from "@/lib/count";
import { Button, Dialog, ErrorNotice, Menu, MenuItem, MenuLabel, toast } from "@/ui";
import { listQuery } from "./filters";
import type { ErrorsFilter } from "./search";

/** Saves what the filters show as a file, as a stream. */
export function ExportMenu({ filter }: { readonly filter: ErrorsFilter }) {
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
        path: "/api/errors/export",
        query: { ...listQuery(filter), format },
        fileName: `errors.${format.toLowerCase()}`,
        signal: controller.signal,
        onProgress: setBytes,
      });
      if (saved) toast({ tone: "good", title: `The errors are saved as ${format}` });
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
        <MenuLabel>All errors of these filters</MenuLabel>
        <MenuItem onSelect={() => void save("CSV")}>CSV, for spreadsheets</MenuItem>
        <MenuItem onSelect={() => void save("NDJSON")}>NDJSON, with every violation</MenuItem>
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
