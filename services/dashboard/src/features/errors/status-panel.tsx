import { Link } from "@tanstack/react-router";
import { X } from "lucide-react";
import { type FormEvent, useState } from "react";
import type { OrderError, Session } from "@/api";
import { Ago, Badge, Button, ErrorNotice, type Fact, Facts, Field, IdText, Input, Panel, StateBadge, Time } from "@/ui";
import { ReasonDialog } from "./reason-dialog";
import type { ErrorActions } from "./use-actions";

export interface StatusPanelProps {
  readonly error: OrderError;
  readonly session: Session;
  readonly mayAct: boolean;
  readonly actions: ErrorActions;
}

export const isOpen = ({ status }: OrderError) => status === "OPEN" || status === "IN_REVIEW";

type Asking = "note" | "discard" | undefined;

function statusFacts(error: OrderError, session: Session): Fact[] {
  const mine = error.assignee && error.assignee === session.subject;
  const facts: (Fact | false | undefined | "" | 0)[] = [
    { label: "Status", value: <StateBadge state={error.status} /> },
    { label: "Works on it", value: error.assignee ? `${error.assignee}${mine ? " (you)" : ""}` : "Nobody" },
    error.discardReason && { label: "Discarded because", value: error.discardReason },
    error.resolvedOrderId && {
      label: "Became",
      value: (
        <Link to="/orders/$id" params={{ id: error.resolvedOrderId }} className="link">
          Order {error.externalOrderId}
        </Link>
      ),
    },
    error.jobId && {
      label: "Last done by",
      value: (
        <Link to="/errors/jobs/$id" params={{ id: error.jobId }} className="link">
          A repair job
        </Link>
      ),
    },
    { label: "Received", value: <Time value={error.receivedTime} /> },
    { label: "Last change", value: <Ago value={error.updateTime} /> },
    error.expireTime && { label: "Kept until", value: <Time value={error.expireTime} /> },
    { label: "Edited, sent again", value: `${error.edits ?? 0} of 100, ${error.retries ?? 0} of 20` },
    { label: "Config version", value: error.mappingVersion ?? "none" },
    { label: "Error id", value: <IdText id={error.id} what="error id" short /> },
    error.traceId && { label: "Trace id", value: <IdText id={error.traceId} what="trace id" short /> },
  ];
  return facts.filter((fact): fact is Fact => Boolean(fact));
}

/** Where it stands, who works on it, and what else can be done with it. */
export function StatusPanel({ error, session, mayAct, actions }: StatusPanelProps) {
  const [asking, setAsking] = useState<Asking>();
  const subject = session.subject ?? "";
  const mine = error.assignee === subject;
  const close = (open: boolean) => !open && setAsking(undefined);
  return (
    <Panel title="Status">
      <div className="flex flex-col gap-3">
        <Facts facts={statusFacts(error, session)} />
        {actions.failure !== undefined && <ErrorNotice error={actions.failure} title="It was not done" />}
        {mayAct && (
          <div className="flex flex-wrap gap-2">
            {isOpen(error) && !mine && (
              <Button busy={actions.busy} onClick={() => void actions.assign(subject)}>
                {error.assignee ? "Take it over" : "Assign to me"}
              </Button>
            )}
            {isOpen(error) && error.assignee && (
              <Button busy={actions.busy} onClick={() => void actions.assign("")}>
                Release
              </Button>
            )}
            <Button onClick={() => setAsking("note")}>Write a note</Button>
            {isOpen(error) && (
              <Button tone="danger" onClick={() => setAsking("discard")}>
                Discard
              </Button>
            )}
          </div>
        )}
        <Tags key={error.tags?.join(" ")} error={error} mayAct={mayAct} actions={actions} />
      </div>
      <ReasonDialog
        open={asking === "note"}
        onOpenChange={close}
        title="Write a note"
        description="Everybody who works on this error sees it in its history."
        label="Note"
        action="Write the note"
        onSubmit={actions.note}
      />
      <ReasonDialog
        open={asking === "discard"}
        onOpenChange={close}
        title="Discard this error"
        description="It will not become an order. It can be reopened until it expires."
        label="Reason"
        action="Discard"
        danger
        onSubmit={actions.discard}
      />
    </Panel>
  );
}

const TAG = /^[a-z0-9-]{1,32}$/;

interface TagsProps {
  readonly error: OrderError;
  readonly mayAct: boolean;
  readonly actions: ErrorActions;
}

function Tags({ error, mayAct, actions }: TagsProps) {
  const [text, setText] = useState("");
  const tags = error.tags ?? [];
  const tag = text.trim().toLowerCase();
  const wrong = tag !== "" && !TAG.test(tag);
  function add(event: FormEvent) {
    event.preventDefault();
    if (tag && !wrong) void actions.tag({ add: [tag] });
  }
  if (!mayAct && tags.length === 0) return null;
  return (
    <div className="flex flex-col gap-2 border-t border-line pt-3">
      <ul aria-label="Tags" className="flex flex-wrap gap-1.5">
        {tags.map((one) => (
          <li key={one} className="flex items-center">
            <Badge>{one}</Badge>
            {mayAct && (
              <button
                type="button"
                aria-label={`Remove the tag ${one}`}
                className="flex size-6 items-center justify-center rounded text-faint hover:bg-hover"
                onClick={() => void actions.tag({ remove: [one] })}
              >
                <X aria-hidden="true" className="size-3" />
              </button>
            )}
          </li>
        ))}
      </ul>
      {mayAct && (
        <form onSubmit={add} className="flex items-end gap-2">
          <Field
            label="Tag"
            className="flex-1"
            {...(wrong && { error: "Lower-case letters, digits and dashes, at most 32." })}
          >
            <Input value={text} onChange={(event) => setText(event.target.value)} />
          </Field>
          <Button type="submit" disabled={!tag || wrong} busy={actions.busy}>
            Add
          </Button>
        </form>
      )}
    </div>
  );
}
