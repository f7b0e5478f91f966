import { type FormEvent, useState } from "react";
import { Button, Dialog, Field, Input } from "@/ui";
import { pathProblem } from "./config-files";

export interface FilePathDialogProps {
  readonly taken: readonly string[];
  /** The path of the file that gets another one; undefined for a new file. */
  readonly current: string | undefined;
  onPath(path: string): void;
  onClose(): void;
}

export function FilePathDialog({ taken, current, onPath, onClose }: FilePathDialogProps) {
  const [path, setPath] = useState(current ?? "examples/");
  const problem = path === current ? undefined : pathProblem(path.trim(), taken);
  function submit(event: FormEvent) {
    event.preventDefault();
    if (!problem) onPath(path.trim());
  }
  return (
    <Dialog open onOpenChange={onClose} title={current ? `Rename ${current}` : "Add a file"}>
      <form onSubmit={submit} className="flex flex-col gap-4">
        <Field
          label="Path within the config"
          hint="Files under examples/ are payloads with expected results: they run before a version goes live."
          error={path === "examples/" ? undefined : problem}
        >
          <Input mono value={path} onChange={(event) => setPath(event.target.value)} />
        </Field>
        <div className="flex justify-end gap-2">
          <Button onClick={onClose}>Cancel</Button>
          <Button type="submit" tone="primary" disabled={Boolean(problem)}>
            {current ? "Rename" : "Add"}
          </Button>
        </div>
      </form>
    </Dialog>
  );
}
