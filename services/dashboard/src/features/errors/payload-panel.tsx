import { clsx } from "clsx";
import { useState } from "react";
import type { ErrorEdit, OrderError } from "@/api";
import { formatBytes } from "@/lib/count";
import { byteLength, decodeBase64 } from "@/lib/bytes";
import { prettyJson } from "@/lib/json";
import type { TextRange } from "@/lib/json-place";
import { Button, type CodeDiagnostic, CodeEditor, CopyButton, Panel, Segmented } from "@/ui";
import { ChangesView } from "./changes-view";
import { LeaveGuard } from "./leave-guard";
import { payloadOf } from "./payload";
import { SaveBar } from "./save-bar";
import { StaleNotice } from "./stale-notice";
import type { Editor } from "./use-editor";
import type { Verdict } from "./use-verdict";

const NONE: readonly CodeDiagnostic[] = [];

type View = "edit" | "changes";

export interface PayloadPanelProps {
  readonly error: OrderError;
  readonly edits: readonly ErrorEdit[];
  readonly editor: Editor;
  readonly verdict: Verdict | undefined;
  readonly editable: boolean;
  readonly passes: boolean;
  readonly reveal: TextRange | undefined;
  onSaved(retried: boolean): void;
}

function fileOf(edit: ErrorEdit | undefined): Blob {
  return new Blob([edit?.rawPayload ? decodeBase64(edit.rawPayload) : payloadOf(edit ?? {}).text]);
}

function saveFile(name: string, edit: ErrorEdit | undefined): void {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(fileOf(edit));
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 60_000);
}

function Tools({ editor, editable }: { readonly editor: Editor; readonly editable: boolean }) {
  const pretty = editable ? prettyJson(editor.text) : undefined;
  return (
    <div className="flex flex-wrap items-center gap-2">
      {editable && (
        <Button
          size="small"
          disabled={pretty === undefined || pretty === editor.text}
          title="Lays the text out. Numbers and the order of members stay as they are written."
          onClick={() => pretty !== undefined && editor.type(pretty)}
        >
          Format
        </Button>
      )}
      {editor.changed && (
        <Button size="small" tone="danger" onClick={editor.startOver}>
          Drop my changes
        </Button>
      )}
      <CopyButton value={editor.text} what="payload" />
    </div>
  );
}

/** The payload: to be corrected, compared and saved. */
export function PayloadPanel(props: PayloadPanelProps) {
  const { error, edits, editor, verdict, editable, passes, reveal, onSaved } = props;
  const [view, setView] = useState<View>("edit");
  const newest = edits.at(-1);
  const what = editor.kind === "order" ? "A canonical order" : "The partner's own JSON";
  // A place can only be shown in the editor.
  const [revealed, setRevealed] = useState(reveal);
  if (reveal !== revealed) {
    setRevealed(reveal);
    setView("edit");
  }
  return (
    <Panel
      title="Payload"
      description={`${what}, ${formatBytes(byteLength(editor.text))}${editor.base > 0 ? `, edit ${editor.base}` : ""}`}
      actions={
        <Segmented<View>
          label="View"
          value={view}
          onChange={setView}
          options={[
            { value: "edit", label: editable ? "Edit" : "Text" },
            { value: "changes", label: "Changes" },
          ]}
        />
      }
    >
      <div className="flex flex-col gap-3">
        {editor.staleSince !== undefined && (
          <StaleNotice error={error} editor={editor} theirs={payloadOf(newest ?? error).text} />
        )}
        {editor.kind === "bytes" && (
          <p className="rounded-md bg-warn-wash p-3">
            These bytes are not UTF-8, so the text below is only a likeness. Saving puts the text in their place; the
            original stays.{" "}
            <button type="button" className="link" onClick={() => saveFile(`${error.id}.bin`, edits[0])}>
              Download the original bytes
            </button>
          </p>
        )}
        {view === "changes" && <ChangesView edits={edits} draft={editor.changed ? editor.text : undefined} />}
        {/* The editor stays, with what can be undone in it. */}
        <div className={clsx("flex flex-col gap-3", view === "changes" && "hidden")}>
          <Tools editor={editor} editable={editable} />
          <CodeEditor
            label="Payload"
            maxHeight="46vh"
            value={editor.text}
            diagnostics={verdict?.diagnostics ?? NONE}
            {...(editable && { onChange: editor.type })}
            {...(reveal && { reveal })}
          />
        </div>
        {editable && <SaveBar editor={editor} passes={passes} onSaved={onSaved} />}
      </div>
      <LeaveGuard active={editor.changed && !editor.busy} />
    </Panel>
  );
}
