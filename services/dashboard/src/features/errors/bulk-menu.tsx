import { Link, useNavigate } from "@tanstack/react-router";
import { ListChecks } from "lucide-react";
import { useState } from "react";
import type { RepairAction, Session } from "@/api";
import { countOf, parseCount } from "@/lib/count";
import { Button, Dialog, ErrorNotice, Field, Input, Menu, MenuItem, MenuLabel, Spinner, TextArea } from "@/ui";
import { filterWords, jobFilter, onlyFilter } from "./filters";
import { passingOf, PreviewView } from "./preview-view";
import type { ErrorsFilter } from "./search";
import { usePreview } from "./use-preview";
import { useStartJob } from "./use-start-job";

type Kind = "retry" | "assign" | "discard";

const TITLES: Record<Kind, string> = { retry: "Send all again", assign: "Assign all", discard: "Discard all" };
const RATE = 250;

export interface BulkMenuProps {
  readonly filter: ErrorsFilter;
  readonly session: Session;
}

/** What the list shows, taken as a whole: one job over the filter, counted before anything is done. */
export function BulkMenu({ filter, session }: BulkMenuProps) {
  const [kind, setKind] = useState<Kind>();
  const navigate = useNavigate();
  const fixed = filter.status && filter.status !== "OPEN" && filter.status !== "IN_REVIEW";
  const reason = filter.order
    ? "A job cannot filter by order."
    : fixed
      ? "A job takes open errors and those in review."
      : undefined;
  return (
    <>
      <Menu trigger={<Button icon={<ListChecks aria-hidden="true" className="size-4" />}>Do with all</Button>}>
        <MenuLabel>{reason ?? "Every error of these filters"}</MenuLabel>
        <MenuItem
          disabled={Boolean(reason)}
          onSelect={() => void navigate({ to: "/errors/fix", search: onlyFilter(filter) })}
        >
          Fix by rule
        </MenuItem>
        {(["retry", "assign", "discard"] as const).map((one) => (
          <MenuItem key={one} disabled={Boolean(reason)} danger={one === "discard"} onSelect={() => setKind(one)}>
            {TITLES[one]}
          </MenuItem>
        ))}
      </Menu>
      {kind && (
        <BulkDialog key={kind} kind={kind} filter={filter} session={session} onClose={() => setKind(undefined)} />
      )}
    </>
  );
}

interface BulkDialogProps extends BulkMenuProps {
  readonly kind: Kind;
  onClose(): void;
}

function actionOf(kind: Kind, text: string): RepairAction {
  if (kind === "retry") return { retry: {} };
  return kind === "assign" ? { assign: { assignee: text } } : { discard: { reason: text } };
}

function BulkDialog({ kind, filter, session, onClose }: BulkDialogProps) {
  const [text, setText] = useState(kind === "assign" ? (session.subject ?? "") : "");
  const preview = usePreview();
  const starting = useStartJob();
  const { state } = preview;
  const ready = kind !== "discard" || text.trim() !== "";
  const count = () => void preview.start({ filter: jobFilter(filter, session), action: actionOf(kind, text.trim()) });
  const done = state.kind === "done" ? state : undefined;
  const matched = done?.result.matched ?? "0";

  async function run() {
    if (!done) return;
    const { filter: taken = {}, action = {} } = done.request;
    if (await starting.start({ filter: taken, action, expectedCount: matched, rate: RATE })) onClose();
  }
  const footer = done ? (
    <>
      <Button onClick={preview.stop}>Back</Button>
      <Button
        tone={kind === "discard" ? "danger" : "primary"}
        busy={starting.busy}
        disabled={parseCount(matched) === 0n}
        onClick={() => void run()}
      >
        {TITLES[kind]}: {countOf(matched, "error")}
      </Button>
    </>
  ) : (
    <>
      <Button onClick={onClose}>Keep as it is</Button>
      <Button tone="primary" busy={state.kind === "running"} disabled={!ready} onClick={count}>
        Count first
      </Button>
    </>
  );
  return (
    <Dialog
      open
      onOpenChange={(open) => !open && onClose()}
      title={TITLES[kind]}
      description={`For ${filterWords(filter)}: open errors and those in review${filter.status ? ", both" : ""}.`}
      footer={footer}
    >
      <div className="flex flex-col gap-3">
        {kind !== "retry" && !done && <BulkText kind={kind} text={text} onChange={setText} />}
        {kind === "retry" && !done && (
          <p className="text-soft">
            Payloads are sent as they are. Where they have to be changed alike,{" "}
            <Link to="/errors/fix" search={onlyFilter(filter)} className="link">
              fix them by rule
            </Link>
            .
          </p>
        )}
        {state.kind === "running" && <Spinner label="Counting" />}
        {state.kind === "failed" && <ErrorNotice error={state.error} title="They could not be counted" />}
        {done && (
          <p className="font-semibold">
            {countOf(matched, "error")} match
            {kind === "retry" && `; ${countOf(passingOf(done.result), "error")} would become orders`}.
          </p>
        )}
        {done && kind === "retry" && <PreviewView preview={done.result} done />}
        {starting.error !== undefined && <ErrorNotice error={starting.error} title="The job was not started" />}
      </div>
    </Dialog>
  );
}

interface BulkTextProps {
  readonly kind: Kind;
  readonly text: string;
  onChange(text: string): void;
}

function BulkText({ kind, text, onChange }: BulkTextProps) {
  return kind === "assign" ? (
    <Field label="To whom" hint="A name, or the subject of a sign-in. Empty: nobody works on them any more.">
      <Input value={text} maxLength={128} onChange={(event) => onChange(event.target.value)} />
    </Field>
  ) : (
    <Field label="Reason" hint="It stays in the history of each.">
      <TextArea value={text} maxLength={1000} onChange={(event) => onChange(event.target.value)} />
    </Field>
  );
}
