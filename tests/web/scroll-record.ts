/** What a page notes of itself while it is scrolled. */
export interface ScrollRecord {
  /** From one frame to the next, in milliseconds, while rows moved. */
  readonly frames: number[];
  /** What a frame took on the page's own thread: from the first scroll handler until it was drawn. */
  readonly work: number[];
  /** Tasks of more than 50 ms. */
  readonly longTasks: number[];
  /** What each row showed, by its number. */
  readonly ids: Record<number, string>;
  /** Rows that showed one thing and later another. */
  readonly moved: number[];
  /** How many rows were seen. */
  seen: number;
  /** The last of them. */
  last: number;
  /** Most rows in the document at a time. */
  mostRows: number;
  /** Frames in which a row was missing that should have been in sight. */
  blank: number;
}

declare global {
  var scrollRecord: ScrollRecord;
  var stopScrollRecord: (() => void) | undefined;
}

/** Runs in the page, so it may use nothing from outside itself. */
export function startRecord(): void {
  globalThis.stopScrollRecord?.();
  const record: ScrollRecord = {
    frames: [],
    work: [],
    longTasks: [],
    ids: {},
    moved: [],
    seen: 0,
    last: 0,
    mostRows: 0,
    blank: 0,
  };
  const grid = document.querySelector('[role="grid"]') as HTMLElement;
  const scroller = grid.parentElement as HTMLElement;
  const numberOf = (row: Element | undefined) => Number(row?.getAttribute("aria-rowindex")) - 2;

  function note(): void {
    const [header, ...rows] = Array.from(grid.querySelectorAll<HTMLElement>('[role="row"]'));
    record.mostRows = Math.max(record.mostRows, rows.length);
    const numbers = rows.map(numberOf);
    for (const [place, row] of rows.entries()) {
      const number = numbers[place] ?? 0;
      const id = row.querySelector("a")?.getAttribute("href")?.split("/").pop() ?? "";
      if (record.ids[number] === undefined) record.seen += 1;
      else if (record.ids[number] !== id) record.moved.push(number);
      record.ids[number] = id;
    }
    record.last = Math.max(record.last, ...numbers);
    const height = rows[0]?.offsetHeight ?? 1;
    const top = scroller.scrollTop;
    const bottom = top + scroller.clientHeight - (header?.offsetHeight ?? 0);
    const lastInSight = Math.min(Number(grid.getAttribute("aria-rowcount")) - 2, Math.floor(bottom / height) - 1);
    const whole = Math.min(...numbers) <= Math.floor(top / height) && Math.max(...numbers) >= lastInSight;
    if (!whole || new Set(numbers).size !== rows.length) record.blank += 1;
  }

  let scrolledAt = 0;
  const onScroll = () => (scrolledAt ||= performance.now());
  addEventListener("scroll", onScroll, { capture: true });
  const drawn = new MessageChannel();
  drawn.port1.onmessage = () => {
    if (scrolledAt) record.work.push(performance.now() - scrolledAt);
    scrolledAt = 0;
  };
  const observer = new PerformanceObserver((tasks) => {
    record.longTasks.push(...tasks.getEntries().map(({ duration }) => duration));
  });
  observer.observe({ type: "longtask" });
  let before = 0;
  let next = 0;
  function frame(now: number): void {
    next = requestAnimationFrame(frame);
    if (before && scrolledAt) record.frames.push(now - before);
    before = now;
    if (scrolledAt) note();
    // It arrives when the frame has been drawn.
    drawn.port2.postMessage(0);
  }
  next = requestAnimationFrame(frame);
  globalThis.scrollRecord = record;
  globalThis.stopScrollRecord = () => {
    cancelAnimationFrame(next);
    observer.disconnect();
    removeEventListener("scroll", onScroll, { capture: true });
  };
}

/** Runs in the page. */
export function readRecord(): ScrollRecord {
  return globalThis.scrollRecord;
}

function quantile(values: readonly number[], share: number): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? 0;
}

function quantiles(values: readonly number[]): string {
  const of = (share: number) => quantile(values, share).toFixed(1);
  return `median ${of(0.5)}, 95 % ${of(0.95)}, 99 % ${of(0.99)}, longest ${of(1)} ms`;
}

/** For people. */
export function summary({ frames, work, longTasks, mostRows, seen, last }: ScrollRecord): string {
  return [
    `${frames.length} frames: ${quantiles(frames)}`,
    `the page's own work in each: ${quantiles(work)}`,
    `${longTasks.length} tasks of more than 50 ms`,
    `${seen} rows seen up to row ${last + 1}`,
    `at most ${mostRows} in the document`,
  ].join("; ");
}
