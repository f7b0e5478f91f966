import { Download } from "lucide-react";
import { useRef, useState } from "react";
import { ApiError, download } from "@/api";
import { formatBytes } from "@/lib/count";
import { Button, Dialog, ErrorNotice, Menu, MenuItem, MenuLabel, toast } from "@/ui";
import { queryOf } from "./order-row";
import type { OrdersSearch } from "./search";

type Format = "CSV" | "NDJSON";

interface Running {
  readonly format: Format;
  readonly bytes: number;
}

/** Saves what the filters show as a file, as a stream: its size does not matter. */
export function ExportMenu({ search }: { readonly search: OrdersSearch }) {
  const [running, setRunning] = useState<Running>();
  const [error, setError] = useState<unknown>();
  const abort = useRef<AbortController>(null);

  async function save(format: Format) {
    const controller = new AbortController();
    abort.current = controller;
    setError(undefined);
    setRunning({ format, bytes: 0 });
    try {
      const saved = await download({
        path: "/api/orders/export",
        query: { ...queryOf(search), format },
        fileName: `orders.${format.toLowerCase()}`,
        signal: controller.signal,
        onProgress: (bytes) => setRunning({ format, bytes }),
      });
      if (saved) toast({ tone: "good", title: `The orders are saved as ${format}` });
    } catch (failure) {
      setError(failure);
    } finally {
      setRunning(undefined);
    }
  }

  if (running) {
    return (
      <Button busy={false} onClick={() => abort.current?.abort()} title="Click to stop">
        <span role="status">Saving {formatBytes(running.bytes)}</span> · Stop
      </Button>
    );
  }
  return (
    <>
      <Menu trigger={<Button icon={<Download aria-hidden="true" className="size-4" />}>Export</Button>}>
        <MenuLabel>All orders of these filters</MenuLabel>
        <MenuItem onSelect={() => void save("CSV")}>CSV, for spreadsheets</MenuItem>
        <MenuItem onSelect={() => void save("NDJSON")}>NDJSON, every digit and line</MenuItem>
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
