import { Link } from "@tanstack/react-router";
import {
  CircleAlert,
  CircleCheck,
  Inbox,
  type LucideIcon,
  MessageSquare,
  Pencil,
  RefreshCw,
  Tag,
  Trash2,
  UserRound,
} from "lucide-react";
import type { ReactNode } from "react";
import type { Delivery, ErrorEvent, ErrorRecord, FlightRecord, Violation } from "@/api";
import { countOf } from "@/lib/count";
import { describeViolation } from "@/lib/violations";
import { StateBadge, type Tone } from "./badge";
import { CopyButton } from "./copy-button";
import { Timeline, type TimelineEntry } from "./timeline";
import { Amount, IdText } from "./values";

interface ActionLook {
  readonly icon: LucideIcon;
  readonly tone?: Tone;
  readonly words: string;
}

const ACTIONS: Readonly<Record<string, ActionLook>> = {
  ASSIGNED: { icon: UserRound, tone: "accent", words: "took it on" },
  RELEASED: { icon: UserRound, words: "released it" },
  NOTED: { icon: MessageSquare, words: "wrote a note" },
  TAGGED: { icon: Tag, words: "changed the tags" },
  EDITED: { icon: Pencil, tone: "accent", words: "edited the payload" },
  RETRIED: { icon: RefreshCw, tone: "warn", words: "sent it again" },
  DISCARDED: { icon: Trash2, words: "discarded it" },
  REOPENED: { icon: RefreshCw, words: "reopened it" },
};

function Trace({ name, id }: { readonly name: string; readonly id: string | undefined }) {
  if (!id) return null;
  return (
    <span className="flex min-w-0 items-center gap-1">
      {name} <code className="truncate font-mono text-xs">{id}</code>
      <CopyButton value={id} what={name} />
    </span>
  );
}

function ViolationWords({ violations = [] }: { readonly violations: readonly Violation[] | undefined }) {
  const kinds = new Map<string, number>();
  for (const { code, field } of violations) {
    const name = describeViolation(code, field);
    kinds.set(name, (kinds.get(name) ?? 0) + 1);
  }
  if (kinds.size === 0) return null;
  const words = [...kinds].map(([name, count]) => (count > 1 ? `${name} (${count})` : name));
  return <span className="break-words">{words.join(", ")}</span>;
}

function deliveryEntry(delivery: Delivery, owner: string, index: number): TimelineEntry {
  return {
    id: `${owner}-delivery-${index}`,
    time: delivery.time,
    icon: Inbox,
    title: (
      <span className="inline-flex flex-wrap items-center gap-2">
        Delivered <StateBadge state={delivery.verdict} />
      </span>
    ),
    children: (
      <>
        <Trace name="trace id" id={delivery.traceId} />
        <Trace name="ingest id" id={delivery.ingestId} />
      </>
    ),
  };
}

function answerTitle(event: ErrorEvent): ReactNode {
  const verdict = event.verdict?.verdict;
  return (
    <span className="inline-flex flex-wrap items-center gap-2">
      The feed answered {verdict ? <StateBadge state={verdict} /> : "no"}
    </span>
  );
}

function eventEntry(event: ErrorEvent): TimelineEntry {
  const answered = event.action === "ANSWERED";
  const became = event.after?.resolvedOrderId;
  const look = ACTIONS[event.action ?? ""];
  const actor = event.actor || "Somebody";
  const given = event.action === "ASSIGNED" && event.after?.assignee !== event.actor;
  const words = given ? `gave it to ${event.after?.assignee}` : (look?.words ?? event.action ?? "did something");
  return {
    id: `event-${event.errorId}-${event.number}`,
    time: event.time,
    icon: answered ? (became ? CircleCheck : RefreshCw) : (look?.icon ?? MessageSquare),
    tone: answered ? (became ? "good" : "bad") : (look?.tone ?? "neutral"),
    title: answered ? answerTitle(event) : `${actor} ${words}`,
    children: (
      <>
        {event.note && <q className="break-words whitespace-pre-wrap text-ink">{event.note}</q>}
        {event.action === "TAGGED" && <span>Tags: {event.after?.tags?.join(", ") || "none"}</span>}
        {answered && <ViolationWords violations={event.verdict?.violations} />}
        {became && answered && (
          <Link to="/orders/$id" params={{ id: became }} className="link">
            The order that it became
          </Link>
        )}
        {event.jobId && (
          <Link to="/errors/jobs/$id" params={{ id: event.jobId }} className="link">
            Done by a repair job
          </Link>
        )}
        <Trace name="request id" id={event.requestId} />
      </>
    ),
  };
}

function errorEntries(record: ErrorRecord, linked: boolean): TimelineEntry[] {
  const { error, deliveries = [], events = [] } = record;
  const id = error?.id ?? "";
  const kept: TimelineEntry = {
    id: `kept-${id}`,
    time: error?.createTime,
    icon: CircleAlert,
    tone: "bad",
    title: linked ? (
      <>
        Kept for review as{" "}
        <Link to="/errors/$id" params={{ id }} className="link">
          this error
        </Link>
      </>
    ) : (
      "Kept for review"
    ),
    children: <ViolationWords violations={events[0]?.before?.violations ?? error?.violations} />,
  };
  return [...deliveries.map((delivery, index) => deliveryEntry(delivery, id, index)), kept, ...events.map(eventEntry)];
}

/** Instants by their digits: RFC 3339 in UTC with up to nine digits, of which Date keeps three. */
function instantKey(text: string | undefined): string {
  const [whole = "", fraction = ""] = (text ?? "").replace("Z", "").split(".");
  return `${whole}.${fraction.padEnd(9, "0")}`;
}

export function flightEntries(record: FlightRecord, about: "order" | "error"): TimelineEntry[] {
  const { order, deliveries = [], errors = [] } = record;
  const entries = [
    ...errors.flatMap((one) => errorEntries(one, about === "order")),
    ...deliveries.map((delivery, index) => deliveryEntry(delivery, order?.id ?? "", index)),
  ];
  if (order?.id) {
    entries.push({
      id: `order-${order.id}`,
      time: order.processedAt,
      icon: CircleCheck,
      tone: "good",
      title:
        about === "error" ? (
          <>
            Became{" "}
            <Link to="/orders/$id" params={{ id: order.id }} className="link">
              order {order.externalOrderId}
            </Link>
          </>
        ) : (
          "Stored as this order"
        ),
      children: (
        <span className="flex flex-wrap items-center gap-x-3">
          {countOf(order.lines?.length ?? 0, "line")} <Amount value={order.netAmount} />{" "}
          <IdText id={order.id} what="order id" />
        </span>
      ),
    });
  }
  return entries
    .map((entry, index) => ({ entry, index, key: instantKey(entry.time) }))
    .sort((a, b) => a.key.localeCompare(b.key) || a.index - b.index)
    .map(({ entry }) => entry);
}

/** Everything that is known of an order or an error, in the order in which it happened. */
export function FlightRecorder({
  record,
  about,
}: {
  readonly record: FlightRecord;
  readonly about: "order" | "error";
}) {
  return <Timeline label="Flight recorder" entries={flightEntries(record, about)} />;
}
