import { useState } from "react";
import { byteLength } from "@/lib/bytes";
import { formatBytes } from "@/lib/count";
import { Button, ErrorNotice, Field, Input } from "@/ui";
import type { Editor } from "./use-editor";

const MOST = 1 << 20;

export interface SaveBarProps {
  readonly editor: Editor;
  /** The newest check of exactly this text said that it passes. */
  readonly passes: boolean;
  onSaved(retried: boolean): void;
}

/** Keeps the text as an edit, and sends it. */
export function SaveBar({ editor, passes, onSaved }: SaveBarProps) {
  const [comment, setComment] = useState("");
  const size = byteLength(editor.text);
  const tooLarge = size > MOST;
  const disabled = !editor.changed || tooLarge || editor.staleSince !== undefined;
  async function save(retry: boolean) {
    if (await editor.save({ comment: comment.trim(), retry })) {
      setComment("");
      onSaved(retry);
    }
  }
  return (
    <div className="flex flex-col gap-3">
      {editor.error !== undefined && <ErrorNotice error={editor.error} title="Not saved. Your text is untouched." />}
      {tooLarge && <p className="text-bad">The payload has {formatBytes(size)}; 1 MiB is the most.</p>}
      {editor.unkept && (
        <p className="text-warn">This text is too large to survive a reload of the page. Save it before you leave.</p>
      )}
      <div className="flex flex-wrap items-end justify-end gap-2">
        <Field label="Why, for the history (optional)" className="min-w-56 flex-1">
          <Input
            value={comment}
            maxLength={1000}
            placeholder="Customer id by phone"
            onChange={(event) => setComment(event.target.value)}
          />
        </Field>
        <Button disabled={disabled} busy={editor.busy} onClick={() => void save(false)}>
          Save
        </Button>
        <Button
          tone={passes ? "primary" : "neutral"}
          disabled={disabled}
          busy={editor.busy}
          onClick={() => void save(true)}
        >
          Save and retry
        </Button>
      </div>
    </div>
  );
}
