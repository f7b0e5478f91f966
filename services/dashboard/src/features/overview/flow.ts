import type { FlowSample, Overview } from "@/api";
import { parseCount } from "@/lib/count";

/** Totals of one partner at one moment. */
interface Totals {
  readonly orders: bigint;
  readonly errors: bigint;
  readonly open: bigint;
}

/** What had been counted at one moment. */
export interface Sample {
  /** Unix seconds. */
  readonly at: number;
  readonly partners: ReadonlyMap<string, Totals>;
}

const HOUR = 3600;
/** Samples within the same ten seconds replace each other, as the history of the gateway has one every ten seconds. */
const STEP = 10;
/** A sample that is further away than this from where it is wanted says nothing about there. */
const TOLERANCE = 3 * STEP;
export const RATE_WINDOW = 60;
export const REJECTION_WINDOW = 300;

const NOTHING: Totals = { orders: 0n, errors: 0n, open: 0n };

function sampleOf(flow: FlowSample): Sample {
  const partners = new Map<string, Totals>();
  for (const { partnerId, orders, errors, openErrors } of flow.partners ?? []) {
    const totals = { orders: parseCount(orders), errors: parseCount(errors), open: parseCount(openErrors) };
    partners.set(partnerId ?? "", totals);
  }
  return { at: new Date(flow.time ?? 0).getTime() / 1000, partners };
}

/** Adds a message to what is known. The first message of a connection has a history, which fills what was missed. */
export function addOverview(known: readonly Sample[], message: Overview): Sample[] {
  const history = (message.history ?? []).map(sampleOf);
  const start = history[0]?.at ?? Number.POSITIVE_INFINITY;
  const samples = history.length > 0 ? [...known.filter(({ at }) => at < start), ...history] : [...known];
  if (message.now) {
    const now = sampleOf(message.now);
    const last = samples.at(-1);
    const before = samples.at(-2);
    // The newest one moves with every message, until ten seconds have passed since the one before it.
    if (last && before && now.at - before.at <= STEP) samples.pop();
    samples.push(now);
  }
  const newest = samples.at(-1)?.at ?? 0;
  return samples.filter(({ at }) => at >= newest - HOUR);
}

/** When the first figure was counted, where that is less than an hour ago: a gateway remembers since its start. */
export function knownSince(samples: readonly Sample[]): Date | undefined {
  const first = samples[0]?.at;
  const last = samples.at(-1)?.at;
  if (first === undefined || last === undefined || last - first >= HOUR - TOLERANCE) return undefined;
  return new Date(first * 1000);
}

function totalsOf(sample: Sample, partner: string | undefined): Totals {
  if (partner !== undefined) return sample.partners.get(partner) ?? NOTHING;
  let { orders, errors, open } = NOTHING;
  for (const totals of sample.partners.values()) {
    orders += totals.orders;
    errors += totals.errors;
    open += totals.open;
  }
  return { orders, errors, open };
}

/** The newest sample that is at least so many seconds older, or the oldest there is; undefined behind a gap. */
function baseOf(samples: readonly Sample[], index: number, seconds: number): Sample | undefined {
  const wanted = (samples[index]?.at ?? 0) - seconds;
  let found = index - 1;
  while (found > 0 && (samples[found]?.at ?? 0) > wanted) found -= 1;
  const base = samples[found];
  return base && base.at >= wanted - TOLERANCE ? base : undefined;
}

interface Change {
  readonly orders: number;
  readonly errors: number;
  readonly seconds: number;
}

function changeAt(samples: readonly Sample[], index: number, seconds: number, partner?: string): Change | undefined {
  const sample = samples[index];
  const base = baseOf(samples, index, seconds);
  if (!sample || !base || sample.at <= base.at) return undefined;
  const then = totalsOf(base, partner);
  const now = totalsOf(sample, partner);
  const orders = Number(now.orders - then.orders);
  const errors = Number(now.errors - then.errors);
  // Totals that fall come from a restored backup: there is no rate across that.
  return orders < 0 || errors < 0 ? undefined : { orders, errors, seconds: sample.at - base.at };
}

/** Orders a minute at one of the samples, over the minute before it; of one partner or of all. */
export function orderRate(samples: readonly Sample[], index: number, partner?: string): number | null {
  const change = changeAt(samples, index, RATE_WINDOW, partner);
  return change ? (change.orders / change.seconds) * 60 : null;
}

/** The share of refused ones among all that came in the five minutes before; null where nothing came. */
export function rejectionRate(samples: readonly Sample[], index: number, partner?: string): number | null {
  const change = changeAt(samples, index, REJECTION_WINDOW, partner);
  const all = change ? change.orders + change.errors : 0;
  return change && all > 0 ? change.errors / all : null;
}

/** Why there is no rejection rate. */
export function nothingCame(samples: readonly Sample[]): string {
  const seconds = (samples.at(-1)?.at ?? 0) - (samples[0]?.at ?? 0);
  return seconds < REJECTION_WINDOW ? "nothing came since the gateway started" : "nothing came in five minutes";
}

export interface PartnerNow {
  readonly partner: string;
  readonly rate: number | null;
  readonly rejection: number | null;
  readonly orders: bigint;
  readonly errors: bigint;
  readonly open: bigint;
}

/** How every partner stands now, by id. */
export function partnersNow(samples: readonly Sample[]): PartnerNow[] {
  const last = samples.length - 1;
  const names = [...(samples[last]?.partners.keys() ?? [])].sort();
  return names.map((partner) => ({
    partner,
    rate: orderRate(samples, last, partner),
    rejection: rejectionRate(samples, last, partner),
    ...totalsOf(samples[last] as Sample, partner),
  }));
}

/** All partners together. */
export function everybodyNow(samples: readonly Sample[]): PartnerNow {
  const last = samples.length - 1;
  const sample = samples[last];
  return {
    partner: "",
    rate: orderRate(samples, last),
    rejection: rejectionRate(samples, last),
    ...(sample ? totalsOf(sample, undefined) : NOTHING),
  };
}

const DRAWN = 8;

/** The partners that get a line of their own: all of a few, else those with the most orders; by id, so colours stay. */
export function drawnPartners(partners: readonly PartnerNow[]): string[] {
  const most = [...partners].sort((a, b) => Number(b.orders - a.orders)).slice(0, DRAWN);
  return most.map(({ partner }) => partner).sort();
}

/** "12", "3.4", "0": a rate for people. */
export function formatOrderRate(rate: number | null): string {
  if (rate === null) return "–";
  if (rate === 0) return "0";
  return rate < 10 ? rate.toFixed(1) : Math.round(rate).toLocaleString("en");
}
