import { useVirtualizer } from "@tanstack/react-virtual";
import { type KeyboardEvent, type RefObject, useEffect, useState } from "react";

/** The height of the header, which lies over the top of the rows. */
export const HEADER = 34;
/** More is wanted when so many rows are left below, and at most a third of them: who opens a list reads its top. */
const NEAR_END = 300;

export interface RowsOptions {
  readonly scroller: RefObject<HTMLDivElement | null>;
  readonly count: number;
  readonly rowHeight: number;
  readonly onEndReached: (() => void) | undefined;
  readonly scrollKey: string | number | undefined;
}

/** Which rows are in sight, and says when the end comes near. */
export function useVirtualRows({ scroller, count, rowHeight, onEndReached, scrollKey }: RowsOptions) {
  // Its functions change without the hook's result changing, so a compiler may remember nothing here.
  // eslint-disable-next-line react-hooks/incompatible-library
  const virtualizer = useVirtualizer({
    count,
    getScrollElement: () => scroller.current,
    estimateSize: () => rowHeight,
    overscan: 12,
    scrollMargin: HEADER,
    scrollPaddingStart: HEADER,
  });
  useEffect(() => virtualizer.measure(), [virtualizer, rowHeight]);
  useEffect(() => {
    scroller.current?.scrollTo({ top: 0 });
  }, [scroller, scrollKey]);

  const items = virtualizer.getVirtualItems();
  const first = items[0]?.index ?? 0;
  const end = (items.at(-1)?.index ?? -1) + 1;
  useEffect(() => {
    if (end > 0 && end + Math.min(NEAR_END, count / 3) >= count) onEndReached?.();
  }, [end, count, onEndReached]);
  return { items, first, end, height: virtualizer.getTotalSize(), scrollTo: virtualizer.scrollToIndex };
}

/** Where a key moves the cursor; undefined for keys that move nothing. */
export function moveCursor(key: string, cursor: number, page: number, last: number): number | undefined {
  const moves: Record<string, number> = {
    ArrowDown: cursor + 1,
    j: cursor + 1,
    ArrowUp: cursor - 1,
    k: cursor - 1,
    PageDown: cursor + page,
    PageUp: cursor - page,
    Home: 0,
    End: last,
  };
  const wanted = moves[key];
  return wanted === undefined ? undefined : Math.max(0, Math.min(last, wanted));
}

export interface CursorOptions {
  readonly count: number;
  readonly rowHeight: number;
  onOpen(index: number): void;
  onMove(index: number): void;
}

/** A cursor on the rows that keys move; -1 where there is none yet. */
export function useCursor({ count, rowHeight, onOpen, onMove }: CursorOptions) {
  const [cursor, setCursor] = useState(-1);
  function onKeyDown(event: KeyboardEvent) {
    if (event.target !== event.currentTarget || event.ctrlKey || event.metaKey || event.altKey || count === 0) return;
    if (event.key === "Enter" && cursor >= 0 && cursor < count) onOpen(cursor);
    const page = Math.max(1, Math.floor(event.currentTarget.clientHeight / rowHeight) - 2);
    const wanted = moveCursor(event.key, cursor, page, count - 1);
    if (wanted === undefined) return;
    event.preventDefault();
    setCursor(wanted);
    onMove(wanted);
  }
  return { cursor, onKeyDown };
}
