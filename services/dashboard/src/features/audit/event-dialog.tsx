import { Link } from "@tanstack/react-router";
import { clsx } from "clsx";
import type { ErrorEvent } from "@/api";
import { prettyJson } from "@/lib/json";
import { Badge, Dialog, type Fact, Facts, IdText, PreciseTime } from "@/ui";
import { hashOf, type Link as ChainLink } from "./chain";
import { actorName, changesOf, whatHappened } from "./sentence";

export interface EventDialogProps {
  readonly event: ErrorEvent;
  readonly link: ChainLink | undefined;
  onClose(): void;
}

export const LINKS: Readonly<Record<ChainLink, { label: string; tone: "good" | "bad" | "neutral" }>> = {
  first: { label: "First of the log", tone: "good" },
  linked: { label: "Linked", tone: "good" },
  broken: { label: "Broken", tone: "bad" },
  apart: { label: "Not comparable", tone: "neutral" },
};

const EXPLAINED: Readonly<Record<ChainLink, string>> = {
  first: "It is the first event; there is none before it.",
  linked: "Its previous hash is the hash of the event before.",
  broken: "Its previous hash is not the hash of the event before.",
  apart: "The event before is not among those shown.",
};

export function LinkBadge({ link }: { readonly link: ChainLink | undefined }) {
  const { label, tone } = LINKS[link ?? "apart"];
  return <Badge tone={tone}>{label}</Badge>;
}

/** Everything that the log says about one event. */
export function EventDialog({ event, link, onClose }: EventDialogProps) {
  return (
    <Dialog
      open
      wide
      onOpenChange={onClose}
      title={`Event ${event.number}`}
      description={`${actorName(event.actor)} ${whatHappened(event)}.`}
    >
      <div className="flex flex-col gap-4">
        {event.note && <Note note={event.note} />}
        <Changes event={event} />
        <Facts facts={factsOf(event, link)} />
      </div>
    </Dialog>
  );
}

function Note({ note }: { readonly note: string }) {
  const json = note.startsWith("{") ? prettyJson(note) : undefined;
  return (
    <section aria-label="Note">
      <h3 className="mb-1 text-sm font-medium text-soft">{json ? "What the job does" : "Note"}</h3>
      {json ? (
        // A region that scrolls must be within reach of the keyboard.
        // eslint-disable-next-line jsx-a11y/no-noninteractive-tabindex
        <pre tabIndex={0} className="scroll-thin max-h-60 overflow-auto rounded-md bg-sunken p-3 font-mono text-xs">
          {json}
        </pre>
      ) : (
        <p className="rounded-md bg-sunken px-3 py-2 break-words whitespace-pre-wrap">{note}</p>
      )}
    </section>
  );
}

function Changes({ event }: { readonly event: ErrorEvent }) {
  const changes = changesOf(event);
  if (changes.length === 0) return null;
  return (
    <table className="w-full border-collapse text-left">
      <caption className="mb-1 text-left text-sm font-medium text-soft">Before and after</caption>
      <tbody>
        {changes.map(({ label, before, after }) => (
          <tr key={label} className="border-t border-line align-top">
            <th scope="row" className="w-24 py-1 pr-3 font-normal text-soft">
              {label}
            </th>
            <td className={clsx("w-1/2 py-1 pr-3 break-words text-soft", before && "line-through")}>
              {before || "none"}
            </td>
            <td className="py-1 font-medium break-words">{after || "none"}</td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}

function factsOf(event: ErrorEvent, link: ChainLink | undefined): Fact[] {
  const error = event.errorId && (
    <span className="flex flex-wrap items-center gap-2">
      <IdText id={event.errorId} what="error id" />
      <Link to="/errors/$id" params={{ id: event.errorId }} className="link">
        Open the error
      </Link>
    </span>
  );
  const job = event.jobId && (
    <span className="flex flex-wrap items-center gap-2">
      <IdText id={event.jobId} what="job id" />
      <Link to="/errors/jobs/$id" params={{ id: event.jobId }} className="link">
        Open the job
      </Link>
    </span>
  );
  return [
    { label: "When", value: <PreciseTime value={event.time} /> },
    { label: "Who", value: `${event.actor ?? "unknown"}${event.role ? `, role ${event.role.toLowerCase()}` : ""}` },
    { label: "Partner", value: event.partnerId || "all" },
    ...(error ? [{ label: "Error", value: error }] : []),
    ...(job ? [{ label: "Job", value: job }] : []),
    ...(event.revision ? [{ label: "Revision since", value: event.revision }] : []),
    { label: "Request id", value: <IdText id={event.requestId} what="request id" /> },
    {
      label: "Chain",
      value: (
        <span className="flex flex-wrap items-center gap-2">
          <LinkBadge link={link} /> {EXPLAINED[link ?? "apart"]}
        </span>
      ),
    },
    { label: "Hash", value: <IdText id={hashOf(event.hash)} what="hash" /> },
    { label: "Previous hash", value: <IdText id={hashOf(event.previousHash)} what="previous hash" /> },
  ];
}
