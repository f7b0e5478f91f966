import { clsx } from "clsx";
import { CircleX, Radio, RefreshCw } from "lucide-react";
import type { StreamStatus } from "@/api/use-stream";
import { formatClock } from "@/lib/time";
import { useTimeZone } from "./preferences";

/** Whether what is shown is live: a word, a shape and a colour. */
export function LiveState({
  status,
  asOf = status.lastMessage,
}: {
  readonly status: StreamStatus;
  readonly asOf?: Date | undefined;
}) {
  const zone = useTimeZone();
  const since = asOf ? `, as of ${formatClock(asOf, zone)}` : "";
  const shown =
    status.state === "live"
      ? { Icon: Radio, text: "Live", colour: "text-good" }
      : status.state === "ended"
        ? { Icon: CircleX, text: `Not live${since}`, colour: "text-bad" }
        : {
            Icon: RefreshCw,
            text: status.state === "connecting" ? "Connecting" : `Reconnecting${since}`,
            colour: "text-warn",
          };
  return (
    <span
      role="status"
      title={status.error?.message}
      className={clsx("inline-flex items-center gap-1.5 text-sm font-medium whitespace-nowrap", shown.colour)}
    >
      <shown.Icon aria-hidden="true" className={clsx("size-3.5", status.state === "reconnecting" && "animate-spin")} />
      {shown.text}
    </span>
  );
}
