import type { ErrorEvent } from "@/api";
import { hexOfBase64 } from "@/lib/bytes";

/**
 * How an event hangs together with the one before it: "first" of the log; "linked" where the hash is the one that the
 * event names; "broken" where it is not; "apart" where the event before is not among those that were read.
 */
export type Link = "first" | "linked" | "broken" | "apart";

const ZERO = "0".repeat(64);

export const hashOf = (base64: string | undefined): string => (base64 ? hexOfBase64(base64) : "");

export function linkOf(event: ErrorEvent, before: ErrorEvent | undefined): Link {
  const number = BigInt(event.number ?? "0");
  const previous = hashOf(event.previousHash);
  // proto3 JSON leaves bytes out only where they are empty; 32 zero bytes are written.
  if (number === 1n) return previous === ZERO || previous === "" ? "first" : "broken";
  if (!before || BigInt(before.number ?? "0") + 1n !== number) return "apart";
  return previous !== "" && previous === hashOf(before.hash) ? "linked" : "broken";
}

export interface ChainState {
  /** By the number of the event. */
  readonly links: ReadonlyMap<string, Link>;
  readonly first: string | undefined;
  readonly last: string | undefined;
  /** The first event that does not fit the one before it. */
  readonly brokenAt: string | undefined;
  /** How often events that were not read lie between two that were. */
  readonly gaps: number;
  readonly checked: number;
}

/** Looks at every link of events that rise by number. What other events lie between cannot be said from here. */
export function chainOf(events: readonly ErrorEvent[]): ChainState {
  const links = new Map<string, Link>();
  let brokenAt: string | undefined;
  let gaps = 0;
  let checked = 0;
  events.forEach((event, index) => {
    const link = linkOf(event, events[index - 1]);
    links.set(event.number ?? "", link);
    if (link === "broken") brokenAt ??= event.number;
    if (link === "apart" && index > 0) gaps += 1;
    if (link !== "apart") checked += 1;
  });
  return { links, first: events[0]?.number, last: events.at(-1)?.number, brokenAt, gaps, checked };
}
