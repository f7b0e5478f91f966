import { useQuery } from "@tanstack/react-query";
import { TriangleAlert } from "lucide-react";
import { useState } from "react";
import { api, type ErrorEvent, type OrderError, read } from "@/api";
import { parseCount } from "@/lib/count";
import { Ago, Button, ConfirmDialog, CopyButton, DiffView, Dialog, ErrorNotice, SkeletonLines } from "@/ui";
import type { Editor } from "./use-editor";

const WORDS: Readonly<Record<string, string>> = {
  ASSIGNED: "took it on",
  RELEASED: "released it",
  NOTED: "wrote a note",
  TAGGED: "changed the tags",
  EDITED: "edited the payload",
  RETRIED: "sent it again",
  ANSWERED: "brought the verdict",
  DISCARDED: "discarded it",
  REOPENED: "reopened it",
};

async function loadEvents(id: string, since: string, signal: AbortSignal): Promise<readonly ErrorEvent[]> {
  const events: ErrorEvent[] = [];
  let pageToken = "";
  do {
    const query = { errorId: id, pageSize: 1000, ...(pageToken && { pageToken }) };
    const page = await read(api.GET("/api/error-events", { params: { query }, signal }));
    events.push(...(page.events ?? []));
    pageToken = page.nextPageToken ?? "";
  } while (pageToken);
  return events.filter(({ revision }) => parseCount(revision) > parseCount(since));
}

function Meanwhile({
  id,
  since,
  revision,
}: {
  readonly id: string;
  readonly since: string;
  readonly revision: string;
}) {
  const query = useQuery({
    queryKey: ["errors", "events since", id, since, revision],
    queryFn: ({ signal }) => loadEvents(id, since, signal),
  });
  if (query.isError) return <ErrorNotice error={query.error} onRetry={() => void query.refetch()} />;
  if (!query.data) return <SkeletonLines lines={2} label="Loading what happened" />;
  return (
    <ul className="flex flex-col gap-1">
      {query.data.map((event) => (
        <li key={event.number} className="break-words">
          <strong className="font-semibold">{event.actor || "Somebody"}</strong>{" "}
          {WORDS[event.action ?? ""] ?? event.action} <Ago value={event.time} />
          {event.note && <>: {event.note}</>}
        </li>
      ))}
    </ul>
  );
}

export interface StaleNoticeProps {
  readonly error: OrderError;
  readonly editor: Editor;
  /** The payload that counts now. */
  readonly theirs: string;
}

/** Somebody was quicker: who did what, and how to go on without losing what was typed. */
export function StaleNotice({ error, editor, theirs }: StaleNoticeProps) {
  const [comparing, setComparing] = useState(false);
  const [dropping, setDropping] = useState(false);
  const since = editor.staleSince ?? "0";
  const open = error.status === "OPEN" || error.status === "IN_REVIEW";
  return (
    <div role="alert" className="flex gap-3 rounded-lg border-2 border-warn bg-warn-wash p-3">
      <TriangleAlert aria-hidden="true" className="mt-0.5 size-5 shrink-0 text-warn" />
      <div className="flex min-w-0 flex-1 flex-col gap-2">
        <p className="font-semibold">
          {editor.refused
            ? "Not saved: this error was changed while you edited it"
            : "This error was changed while you edited it"}
        </p>
        <Meanwhile id={error.id ?? ""} since={since} revision={error.revision ?? ""} />
        <p>
          {open
            ? "Your text is untouched. Compare the two, then go on with yours or take theirs."
            : "It is not open any more, so nothing can be saved. Your text is untouched: copy what you need."}
        </p>
        <div className="flex flex-wrap gap-2">
          <Button onClick={() => setComparing(true)}>Compare</Button>
          {open && (
            <Button tone="primary" onClick={editor.takeOver}>
              Keep my text, on the newest revision
            </Button>
          )}
          <Button tone="danger" onClick={() => setDropping(true)}>
            Take theirs
          </Button>
          <CopyButton value={editor.text} what="my text" labelled />
        </div>
      </div>
      <Dialog open={comparing} onOpenChange={setComparing} title="Theirs, and yours" wide>
        <DiffView label="Theirs compared with yours" before={theirs} after={editor.text} />
      </Dialog>
      <ConfirmDialog
        open={dropping}
        onOpenChange={setDropping}
        title="Take theirs and drop your text"
        description="What you typed is gone then. It cannot be brought back."
        action="Drop my text"
        danger
        onConfirm={async () => editor.startOver()}
      />
    </div>
  );
}
