import type { OrderError } from "@/api";
import { parseCount } from "@/lib/count";

/** What the stream has told about errors since the list was loaded. */
export interface Fresh {
  /** Newest states of errors that are in the list: shown in their rows, which stay where they are. */
  readonly changed: ReadonlyMap<string, OrderError>;
  /** Errors that belong into the list and are not in it: only counted. */
  readonly waiting: ReadonlySet<string>;
  /** Some may belong into it; only the server can say. */
  readonly perhaps: boolean;
}

export const NO_FRESH: Fresh = { changed: new Map(), waiting: new Set(), perhaps: false };

/** `belongs` says whether an error fits the filter; undefined where it cannot be told here. */
export function addFresh(
  fresh: Fresh,
  errors: readonly OrderError[],
  listed: ReadonlySet<string>,
  belongs: (error: OrderError) => boolean | undefined,
): Fresh {
  const changed = new Map(fresh.changed);
  const waiting = new Set(fresh.waiting);
  let perhaps = fresh.perhaps;
  for (const error of errors) {
    const id = error.id ?? "";
    if (listed.has(id)) {
      if (parseCount(error.revision) >= parseCount(changed.get(id)?.revision)) changed.set(id, error);
      continue;
    }
    const fits = belongs(error);
    if (fits === undefined) perhaps = true;
    else if (fits) waiting.add(id);
    else waiting.delete(id);
  }
  return { changed, waiting, perhaps };
}
