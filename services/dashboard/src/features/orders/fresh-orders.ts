import type { OrderRow } from "./order-row";

/** Orders that came after the list was loaded. They wait beside it until somebody wants to see them. */
export interface FreshOrders {
  /** Newest first; shown on top of the list. */
  readonly shown: readonly OrderRow[];
  /** Newest first; only counted so far. */
  readonly waiting: readonly OrderRow[];
  /** More came than are kept here, or some may have been missed: the list has to be loaded anew. */
  readonly overflow: boolean;
}

export const NO_FRESH: FreshOrders = { shown: [], waiting: [], overflow: false };
const KEPT = 2000;

/** Adds new orders, newest first, without those that are there already. */
export function addFresh(fresh: FreshOrders, rows: readonly OrderRow[], listed: ReadonlySet<string>): FreshOrders {
  if (fresh.overflow) return fresh;
  const known = new Set([...fresh.shown, ...fresh.waiting].map(({ id }) => id));
  const added = rows.filter(({ id }) => !known.has(id) && !listed.has(id));
  if (added.length === 0) return fresh;
  const waiting = [...added, ...fresh.waiting];
  return waiting.length > KEPT ? { ...fresh, overflow: true } : { ...fresh, waiting };
}

export function showFresh(fresh: FreshOrders): FreshOrders {
  return { shown: [...fresh.waiting, ...fresh.shown], waiting: [], overflow: false };
}

/**
 * The newest page, read again after a break: what is new in it. If it holds nothing that was known, orders between it
 * and the list are missing.
 */
export function compareHead(
  fresh: FreshOrders,
  head: readonly OrderRow[],
  listed: ReadonlySet<string>,
  whole: boolean,
): FreshOrders {
  const known = new Set([...fresh.shown, ...fresh.waiting].map(({ id }) => id));
  const touches = head.some(({ id }) => known.has(id) || listed.has(id));
  if (!touches && !whole && (listed.size > 0 || known.size > 0)) return { ...fresh, overflow: true };
  return addFresh(fresh, head, listed);
}
