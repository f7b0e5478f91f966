import { execFileSync } from "node:child_process";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { type CDPSession, expect, type Page, test } from "@playwright/test";
import { cli, Mesh } from "./mesh";
import { asOperator } from "./partner-support";
import { readRecord, type ScrollRecord, startRecord, summary } from "./scroll-record";

const WANTED = 100_000;
const NOTCHES = 300;
/** Some are refused by chance. */
const MADE = 104_000;
/** A table of any length has about as many rows in the document as fit on a screen, and a few around them. */
const MOST_ROWS = 120;
/** What 100,000 rows may take, with everything else on the page. */
const MOST_HEAP = 150e6;
/**
 * Milliseconds of the page's own processor time for one notch of the wheel, which hardly depends on what else the machine
 * does. Frame times do: they are printed, and those of a quiet machine are in services/dashboard/README.md.
 */
const MOST_CPU = 50;

type Listing = Readonly<Record<"orders" | "errors", { readonly id: string }[] | undefined>> & {
  readonly nextPageToken?: string;
};

/** The ids as the API lists them, first row first. */
async function idsOf(mesh: Mesh, list: "orders" | "errors", count: number): Promise<string[]> {
  const ids: string[] = [];
  let token: string | undefined = "";
  while (token !== undefined && ids.length < count) {
    const page: Listing = await mesh.get(`/api/${list}?pageSize=500&pageToken=${encodeURIComponent(token)}`);
    ids.push(...(page[list] ?? []).map(({ id }) => id));
    token = page.nextPageToken;
  }
  return ids;
}

/** Sends a day that is longer than anybody reads: good orders, or the same without anything ordered. */
function send(list: "orders" | "errors"): void {
  const arguments_ = ["partner-a", list === "orders" ? "2026-01-15" : "2026-01-16", String(MADE)];
  const day = execFileSync("../../tools/lib/demo-day", arguments_, { maxBuffer: 1 << 28 }).toString();
  const file = join(process.env.ORDERMESH_DATA ?? "", `many-${list}.ndjson`);
  writeFileSync(file, list === "orders" ? day : day.replaceAll(/"quantity": -?\d+/g, '"quantity": 0'));
  cli("import", "--partner", "partner-a", file);
}

async function metric(session: CDPSession, wanted: "JSHeapUsedSize" | "TaskDuration"): Promise<number> {
  const { metrics } = await session.send("Performance.getMetrics");
  const found = metrics.find(({ name }) => name === wanted);
  expect(found, wanted).toBeDefined();
  return found?.value ?? 0;
}

/** The last row that has passed. */
const lastRow = (page: Page) => page.evaluate(() => globalThis.scrollRecord.last);

/** Turns the wheel faster than anybody reads, until so many rows have passed. */
async function race(page: Page, rows: number): Promise<void> {
  const deadline = Date.now() + 400_000;
  while ((await lastRow(page)) < rows) {
    for (let turn = 0; turn < 20; turn += 1) await page.mouse.wheel(0, 9_000);
    expect(Date.now(), `only ${await lastRow(page)} rows in time`).toBeLessThan(deadline);
  }
}

/** Turns the wheel as people do, notch by notch. */
async function turn(page: Page, notches: number, pixels: number): Promise<ScrollRecord> {
  await page.evaluate(startRecord);
  for (let notch = 0; notch < notches; notch += 1) await page.mouse.wheel(0, pixels);
  return page.evaluate(readRecord);
}

function tell(what: string, record: ScrollRecord): void {
  console.log(`      ${what}: ${summary(record)}`);
}

/** The row under the keyboard's cursor, counted from 0; -1 while it is not drawn yet. */
async function cursorRow(page: Page): Promise<number> {
  const id = await page.getByRole("grid").getAttribute("aria-activedescendant");
  const row = page.locator(`[id="${id}"]`);
  if ((await row.count()) === 0) return -1;
  await expect(row).toBeInViewport();
  return Number(await row.getAttribute("aria-rowindex")) - 2;
}

// Its pictures of every frame would be most of what is measured.
test.use({ trace: "off" });

for (const [list, address] of [
  ["orders", "/orders"],
  ["errors", "/errors?tab=list"],
] as const) {
  test(`100,000 ${list} scroll smoothly`, async ({ page, context, request }) => {
    test.setTimeout(600_000);
    send(list);
    const ids = await idsOf(new Mesh(request), list, WANTED + 2_000);
    expect(ids.length).toBeGreaterThan(WANTED);
    expect(new Set(ids).size).toBe(ids.length);

    await asOperator(context);
    await page.goto(address);
    const grid = page.getByRole("grid");
    await expect(grid).toBeVisible();
    const session = await context.newCDPSession(page);
    await session.send("Performance.enable", { timeDomain: "threadTicks" });
    await page.evaluate(startRecord);
    await grid.hover();
    await race(page, WANTED);
    const through = await page.evaluate(readRecord);
    tell("through all rows", through);
    const idle = await metric(session, "TaskDuration");
    const back = await turn(page, NOTCHES, -120);
    const cpu = (((await metric(session, "TaskDuration")) - idle) * 1000) / NOTCHES;
    tell("as people scroll, at row 100,000", back);
    await session.send("HeapProfiler.collectGarbage");
    const heap = await metric(session, "JSHeapUsedSize");
    console.log(`      ${cpu.toFixed(1)} ms of processor time a notch; heap ${(heap / 1e6).toFixed(0)} MB`);

    // Every row is the one that the API has in that place, so none is missing and none is there twice.
    for (const { moved, ids: seen } of [through, back]) {
      expect(moved).toEqual([]);
      const rows = Object.keys(seen).map(Number);
      expect(rows.length).toBeGreaterThan(1_000);
      expect(rows.filter((row) => row < ids.length && seen[row] !== ids[row])).toEqual([]);
    }
    expect(through.seen).toBeGreaterThan(WANTED / 10);
    expect(Math.max(through.mostRows, back.mostRows)).toBeLessThan(MOST_ROWS);
    expect(through.blank + back.blank).toBe(0);
    expect(heap).toBeLessThan(MOST_HEAP);
    expect(cpu).toBeGreaterThan(0);
    expect(cpu).toBeLessThan(MOST_CPU);

    await grid.focus();
    await page.keyboard.press("Home");
    const cursor = expect.poll(async () => cursorRow(page));
    await cursor.toBe(0);
    await page.keyboard.press("PageDown");
    await cursor.toBeGreaterThan(5);
    const pageful = await cursorRow(page);
    await page.keyboard.press("ArrowUp");
    await cursor.toBe(pageful - 1);
    await page.keyboard.press("End");
    await cursor.toBeGreaterThanOrEqual(WANTED);
  });
}
