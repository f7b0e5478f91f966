import { expect, type Page } from "@playwright/test";
import { cli } from "./mesh";

interface Audit {
  readonly ok: boolean;
  readonly stores: readonly {
    readonly ok: boolean;
    readonly store: string;
    readonly rows: string;
    readonly rebuilt: boolean;
    readonly problems: readonly unknown[];
  }[];
}

interface Group {
  readonly partnerId: string;
  readonly code: string;
  readonly field: string;
  readonly count: string;
  readonly open: string;
}

interface Stats {
  readonly partners: readonly { readonly partnerId: string; readonly count: string }[];
}

const STATUSES = ["OPEN", "IN_REVIEW", "RETRYING", "RESOLVED", "DISCARDED"] as const;

const numberIn = (text: string | null) => Number((text ?? "").replaceAll(/\D/g, ""));

/** Rows that a store counted one by one, after it has made its indexes and counters again from its log. */
function auditedRows(): { orders: number; errors: number } {
  const audit = cli("audit", "--rebuild") as Audit;
  expect(audit, JSON.stringify(audit)).toMatchObject({ ok: true });
  const rows = (name: string) => {
    const store = audit.stores.find(({ store }) => store === name);
    expect(store, name).toMatchObject({ ok: true, rebuilt: true, problems: [] });
    return Number(store?.rows);
  };
  return { orders: rows("order-store"), errors: rows("error-store") };
}

function errorsByStatus(): Record<(typeof STATUSES)[number], number> {
  const count = (status: string) =>
    (cli("errors", "list", "--status", status, "--all") as { errors: [] }).errors.length;
  return Object.fromEntries(STATUSES.map((status) => [status, count(status)])) as ReturnType<typeof errorsByStatus>;
}

/** A figure of the overview, and the number in the line below it. */
async function figure(page: Page, label: string): Promise<{ value: number; note: number }> {
  const texts = page
    .locator("dl > div")
    .filter({ has: page.getByText(label, { exact: true }) })
    .locator("dd");
  return { value: numberIn(await texts.nth(0).textContent()), note: numberIn(await texts.nth(1).textContent()) };
}

async function overviewAgrees(page: Page, rows: ReturnType<typeof auditedRows>): Promise<void> {
  const status = errorsByStatus();
  expect(Object.values(status).reduce((sum, count) => sum + count, 0)).toBe(rows.errors);
  await page.getByRole("link", { name: "Overview", exact: true }).click();
  const open = { value: status.OPEN + status.IN_REVIEW, note: rows.errors };
  await expect.poll(() => figure(page, "Open errors")).toEqual(open);
  await expect.poll(async () => (await figure(page, "Orders in all")).value).toBe(rows.orders);
  const countsOf = (what: "orders" | "errors") =>
    new Map((cli(what, "stats") as Stats).partners.map(({ partnerId, count }) => [partnerId, Number(count)]));
  const [orders, errors] = [countsOf("orders"), countsOf("errors")];
  expect([...orders.values()].reduce((sum, count) => sum + count, 0)).toBe(rows.orders);
  expect([...errors.values()].reduce((sum, count) => sum + count, 0)).toBe(rows.errors);
  for (const partner of new Set([...orders.keys(), ...errors.keys()])) {
    const cells = page
      .getByRole("region", { name: "Partners" })
      .getByRole("row")
      .filter({
        has: page.getByRole("rowheader", { name: partner, exact: true }),
      });
    const shown = (await cells.getByRole("cell").allTextContents())
      .slice(-2)
      .map((text) => numberIn(text.split(" ")[0] ?? ""));
    expect(shown, partner).toEqual([orders.get(partner) ?? 0, errors.get(partner) ?? 0]);
  }
}

async function groupsAgree(page: Page): Promise<void> {
  const { groups } = cli("errors", "groups") as { groups: Group[] };
  await page.getByRole("link", { name: "Errors", exact: true }).click();
  const grid = page.getByRole("grid", { name: "Groups of errors" });
  await expect(grid).toHaveAttribute("aria-rowcount", String(groups.length + 1));
  const rows = grid.locator('[role="row"]').filter({ has: page.getByRole("gridcell") });
  const shown = await rows.evaluateAll((all) =>
    all.map((row) => Array.from(row.querySelectorAll('[role="gridcell"]')).map((cell) => cell.textContent ?? "")),
  );
  const said = shown.map(([, partner, code, open]) => [partner, code, open]);
  const expected = groups.map(({ partnerId, code, field, open, count }) => {
    const format = (number: string) => Number(number).toLocaleString("en");
    return [partnerId, [code, field].filter(Boolean).join(" "), `${format(open)} of ${format(count)}`];
  });
  // Only those in sight are in the document, the first ones first.
  expect(said.map(([, code]) => code)).toContain("REQUIRED customerId");
  expect(said).toEqual(expected.slice(0, said.length));
}

async function auditPageAgrees(page: Page): Promise<void> {
  const { events } = cli("errors", "history") as { events: { number: string }[] };
  expect(events.length).toBeGreaterThan(0);
  await page.getByRole("link", { name: "Audit", exact: true }).click();
  const last = events.length.toLocaleString("en");
  await expect(page.getByText(`Chain unbroken from event 1 to ${last}.`)).toBeVisible();
}

/** What the pages show is what `ordermesh audit` has proven, and what the command line says of the same counters. */
export async function pagesAgreeWithAudit(page: Page): Promise<void> {
  const rows = auditedRows();
  await overviewAgrees(page, rows);
  await groupsAgree(page);
  await auditPageAgrees(page);
}
