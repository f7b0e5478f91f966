import { Link } from "@tanstack/react-router";
import { clsx } from "clsx";
import { Link2, Link2Off } from "lucide-react";
import { countOf, formatCount } from "@/lib/count";
import type { ChainState } from "./chain";

export interface ChainNoticeProps {
  readonly chain: ChainState;
  /** Whether events are left out on purpose: by filters, or because they are other partners'. */
  readonly partial: "filtered" | "own" | undefined;
}

/** What the browser found when it compared every event's hash with the one that the next event names. */
export function ChainNotice({ chain, partial }: ChainNoticeProps) {
  if (!chain.first) return null;
  const broken = chain.brokenAt !== undefined;
  const Icon = broken ? Link2Off : Link2;
  return (
    <div
      role={broken ? "alert" : "status"}
      className={clsx(
        "flex items-start gap-2 rounded-lg px-3 py-2",
        broken ? "border-2 border-bad bg-bad-wash text-bad" : "border border-line bg-surface",
      )}
    >
      <Icon aria-hidden="true" className={clsx("mt-1 size-4 shrink-0", broken ? "text-bad" : "text-good")} />
      <p className="min-w-0">
        <span className="font-medium">{broken ? brokenText(chain) : unbrokenText(chain)}</span>{" "}
        {broken ? (
          <span>
            The event before it was changed, or is not the one that was written. Keep the folder of the error store as
            it is and run ordermesh audit.
          </span>
        ) : (
          <span className="text-soft">{partialText(chain, partial)}</span>
        )}{" "}
        {!broken && partial === "filtered" && chain.gaps > 0 && (
          <Link to="/audit" search={{}} className="link">
            Check all events
          </Link>
        )}
      </p>
    </div>
  );
}

function brokenText({ brokenAt = "" }: ChainState): string {
  return `The chain breaks at event ${formatCount(brokenAt)}: its previous hash is not the hash of the event before.`;
}

function unbrokenText({ first = "", last = "", gaps, checked }: ChainState): string {
  if (gaps === 0) return `Chain unbroken from event ${formatCount(first)} to ${formatCount(last)}.`;
  return `${countOf(checked, "link")} checked, none broken.`;
}

function partialText({ gaps }: ChainState, partial: ChainNoticeProps["partial"]): string {
  if (gaps > 0) {
    const why = partial === "own" ? "are about other partners" : "are left out by the filters";
    return `In ${countOf(gaps, "place")} events lie between that ${why}, so those links cannot be checked here.`;
  }
  return "Every event names the hash of the one before it, compared here in the browser.";
}
