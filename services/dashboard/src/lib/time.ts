/** "utc", "local" (the browser's zone) or the name of an IANA zone. */
export type TimeZone = string;

const localZone = Intl.DateTimeFormat().resolvedOptions().timeZone;

export function zoneName(zone: TimeZone): string {
  if (zone === "utc") return "UTC";
  return zone === "local" ? localZone : zone;
}

export function isZone(zone: string): boolean {
  if (zone === "utc" || zone === "local") return true;
  try {
    return Boolean(new Intl.DateTimeFormat("en", { timeZone: zone }));
  } catch {
    return false;
  }
}

export function allZones(): string[] {
  return Intl.supportedValuesOf("timeZone");
}

const formats = new Map<string, Intl.DateTimeFormat>();

function formatOf(zone: TimeZone): Intl.DateTimeFormat {
  const timeZone = zoneName(zone);
  let format = formats.get(timeZone);
  if (!format) {
    format = new Intl.DateTimeFormat("en-GB", {
      timeZone,
      calendar: "gregory",
      hourCycle: "h23",
      year: "numeric",
      month: "2-digit",
      day: "2-digit",
      hour: "2-digit",
      minute: "2-digit",
      second: "2-digit",
    });
    formats.set(timeZone, format);
  }
  return format;
}

/** How far the zone's clocks are ahead of UTC at an instant, in milliseconds. */
function exactOffset(instant: number, zone: TimeZone): number {
  const part: Partial<Record<Intl.DateTimeFormatPartTypes, string>> = {};
  for (const { type, value } of formatOf(zone).formatToParts(instant)) part[type] = value;
  const wall = Date.parse(`${part.year}-${part.month}-${part.day}T${part.hour}:${part.minute}:${part.second}Z`);
  return wall - Math.floor(instant / 1000) * 1000;
}

const WEEK = 7 * 86_400_000;
const weeks = new Map<string, number | undefined>();

/**
 * The same, mostly without asking Intl, which costs too much for every cell of a table: where a week begins and ends
 * with the same offset it has no other in between, as no zone changes its clocks twice within a week.
 */
function offsetAt(instant: number, zone: TimeZone): number {
  if (zone === "utc") return 0;
  const week = Math.floor(instant / WEEK);
  const key = `${zoneName(zone)} ${week}`;
  let offset = weeks.get(key);
  if (offset === undefined && !weeks.has(key)) {
    const start = exactOffset(week * WEEK, zone);
    offset = start === exactOffset((week + 1) * WEEK, zone) ? start : undefined;
    weeks.set(key, offset);
  }
  return offset ?? exactOffset(instant, zone);
}

interface Parts {
  readonly date: string;
  readonly time: string;
  readonly offset: string;
}

function offsetName(offset: number): string {
  const minutes = Math.round(Math.abs(offset) / 60_000);
  if (minutes === 0) return "UTC";
  const rest = minutes % 60;
  const hours = Math.floor(minutes / 60);
  return `UTC${offset < 0 ? "-" : "+"}${hours}${rest > 0 ? `:${String(rest).padStart(2, "0")}` : ""}`;
}

function partsOf(date: Date, zone: TimeZone): Parts {
  const offset = offsetAt(date.getTime(), zone);
  // A clock of UTC that is moved by the offset shows what the zone's clocks show.
  const wall = new Date(date.getTime() + offset).toISOString();
  return { date: wall.slice(0, -14), time: wall.slice(-13, -5), offset: offsetName(offset) };
}

/** The digits of a second's fraction as they were sent: RFC 3339 has up to nine, Date keeps three. */
function fractionOf(text: string): string {
  return /\.(\d{1,9})/.exec(text)?.[1]?.replace(/0+$/, "") ?? "";
}

/** "2026-11-22 03:55:02": the date and the time in the zone; empty for what is no time. */
export function formatDateTime(text: string | undefined, zone: TimeZone): string {
  const date = new Date(text ?? "");
  if (Number.isNaN(date.getTime())) return "";
  const parts = partsOf(date, zone);
  return `${parts.date} ${parts.time}`;
}

export function formatClock(date: Date, zone: TimeZone): string {
  return partsOf(date, zone).time;
}

/** "2026-11-22 03:55:02.729010939 UTC+1": everything that was sent, and the zone's offset. */
export function formatPrecise(text: string | undefined, zone: TimeZone): string {
  const date = new Date(text ?? "");
  if (!text || Number.isNaN(date.getTime())) return "";
  const parts = partsOf(date, zone);
  const fraction = fractionOf(text);
  return `${parts.date} ${parts.time}${fraction ? `.${fraction}` : ""} ${parts.offset}`;
}

const STEPS: readonly [Intl.RelativeTimeFormatUnit, number][] = [
  ["day", 86_400],
  ["hour", 3_600],
  ["minute", 60],
  ["second", 1],
];
const relative = new Intl.RelativeTimeFormat("en", { numeric: "always", style: "long" });

/** "3 minutes ago", "in 2 hours". */
export function formatAgo(text: string | undefined, now: number = Date.now()): string {
  const time = new Date(text ?? "").getTime();
  if (Number.isNaN(time)) return "";
  const seconds = Math.round((time - now) / 1000);
  if (Math.abs(seconds) < 5) return "just now";
  const [unit, size] = STEPS.find(([, length]) => Math.abs(seconds) >= length) ?? ["second", 1];
  return relative.format(Math.trunc(seconds / size), unit);
}

/** The instant that a clock in the zone shows as "2026-11-22T03:55"; undefined for what is no time. */
export function instantOf(wallClock: string, zone: TimeZone): string | undefined {
  const asUtc = Date.parse(`${wallClock}${wallClock.length === 10 ? "T00:00" : ""}Z`);
  if (Number.isNaN(asUtc)) return undefined;
  // The offset at the answer may differ from the one at the guess: at a change of the clocks it is asked twice.
  const guess = asUtc - offsetAt(asUtc, zone);
  const instant = asUtc - offsetAt(guess, zone);
  return new Date(instant).toISOString().replace(".000Z", "Z");
}

/** The other way: "2026-11-22T03:55" for an input of type datetime-local. */
export function wallClockOf(instant: string | undefined, zone: TimeZone): string {
  const text = formatDateTime(instant, zone);
  return text ? text.slice(0, 16).replace(" ", "T") : "";
}

/** "1 h 5 min", "3.2 s": how long something took. */
export function formatDuration(milliseconds: number): string {
  if (milliseconds < 1000) return `${Math.round(milliseconds)} ms`;
  const seconds = milliseconds / 1000;
  if (seconds < 60) return `${seconds < 10 ? seconds.toFixed(1) : Math.round(seconds)} s`;
  const minutes = Math.floor(seconds / 60);
  if (minutes < 60) return `${minutes} min ${Math.round(seconds % 60)} s`;
  return `${Math.floor(minutes / 60)} h ${minutes % 60} min`;
}
