import { clsx } from "clsx";
import { useEffect, useState } from "react";
import { shortId } from "@/lib/ids";
import { formatAmount, type Money } from "@/lib/money";
import { formatAgo, formatDateTime, formatPrecise } from "@/lib/time";
import { CopyButton } from "./copy-button";
import { useTimeZone } from "./preferences";
import { Tooltip } from "./tooltip";

/** A time in the chosen zone; every digit of it and the offset in the tooltip. */
export function Time({ value, className }: { readonly value: string | undefined; readonly className?: string }) {
  const zone = useTimeZone();
  if (!value) return <span className="text-faint">never</span>;
  return (
    <time
      dateTime={value}
      onPointerEnter={(event) => {
        // Made when it is wanted: tables show hundreds of times.
        event.currentTarget.title = formatPrecise(value, zone);
      }}
      className={clsx("whitespace-nowrap", className)}
    >
      {formatDateTime(value, zone)}
    </time>
  );
}

/** Every digit of a time, in the chosen zone and in UTC. */
export function PreciseTime({ value }: { readonly value: string | undefined }) {
  const zone = useTimeZone();
  if (!value) return <span className="text-faint">never</span>;
  const there = formatPrecise(value, zone);
  const utc = formatPrecise(value, "utc");
  return (
    <time dateTime={value} className="inline-flex flex-col">
      <span>{there}</span>
      {there !== utc && <span className="text-faint">{utc}</span>}
    </time>
  );
}

const TICK = 10_000;

/** "3 minutes ago", kept right while it is shown. */
export function Ago({ value }: { readonly value: string | undefined }) {
  const zone = useTimeZone();
  const [now, setNow] = useState(Date.now);
  useEffect(() => {
    const timer = setInterval(() => setNow(Date.now()), TICK);
    return () => clearInterval(timer);
  }, []);
  if (!value) return <span className="text-faint">never</span>;
  const time = Date.parse(value);
  // What came since the last tick is not in the future.
  const seen = time > now && time <= now + TICK ? time : now;
  return (
    <time dateTime={value} title={formatPrecise(value, zone)} className="whitespace-nowrap">
      {formatAgo(value, seen)}
    </time>
  );
}

/** An amount with all its digits and, quieter, its currency. */
export function Amount({ value, strong = false }: { readonly value: Money | undefined; readonly strong?: boolean }) {
  if (!value) return <span className="text-faint">none</span>;
  return (
    <span className={clsx("whitespace-nowrap tabular-nums", strong && "font-semibold")}>
      {formatAmount(value)} <span className="font-normal text-faint">{value.currencyCode}</span>
    </span>
  );
}

export interface IdTextProps {
  readonly id: string | undefined;
  /** What it names, for the copy button: "order id". */
  readonly what: string;
  /** Cuts its middle out. */
  readonly short?: boolean;
  readonly copy?: boolean;
}

export function IdText({ id, what, short = false, copy = true }: IdTextProps) {
  if (!id) return <span className="text-faint">none</span>;
  const text = <code className="font-mono text-sm break-all">{short ? shortId(id) : id}</code>;
  return (
    <span className="inline-flex max-w-full items-center gap-1">
      {short ? <Tooltip text={<span className="font-mono">{id}</span>}>{text}</Tooltip> : text}
      {copy && <CopyButton value={id} what={what} />}
    </span>
  );
}
