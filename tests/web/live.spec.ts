import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, type Page, test } from "@playwright/test";
import { credentials, Mesh, newOrder, signIn } from "./mesh";

test("an order is seen within five seconds of its arrival, without a jump", async ({ page, request }) => {
  const mesh = new Mesh(request);
  await signIn(page, credentials().operator, "/orders?partner=partner-b");
  await expect(page.getByRole("grid")).toBeVisible();
  const first = await page.getByRole("row").nth(1).textContent();
  const order = newOrder();
  await mesh.post("/api/feed/partner-b", order);
  const news = page.getByText("1 new", { exact: true });
  await expect(news).toBeVisible({ timeout: 5_000 });
  expect(await page.getByRole("row").nth(1).textContent()).toBe(first);
  await news.click();
  await expect(page.getByText(order.order.ref)).toBeVisible();
});

/** Kills a service and keeps it dead: what would start it again is stopped until the returned function is called. */
function holdDown(service: string): () => void {
  const run = join(process.env.ORDERMESH_DATA ?? "", "run");
  const pidOf = (file: string) => Number(readFileSync(join(run, file), "utf8"));
  const supervisor = pidOf(join("supervise", `ordermesh-${service}.pid`));
  process.kill(supervisor, "SIGSTOP");
  process.kill(pidOf(`ordermesh-${service}.pid`), "SIGKILL");
  return () => process.kill(supervisor, "SIGCONT");
}

const serviceRow = (page: Page, service: string) =>
  page.getByRole("listitem").filter({ has: page.getByText(service, { exact: true }) });

/** What the page says while a service is dead: which one, and that what it shows is no longer the newest. */
async function sayItIsDown(page: Page, service: string): Promise<void> {
  if (service === "gateway") {
    await expect(page.getByText(/^Reconnecting, as of /)).toBeVisible();
    return;
  }
  await expect(serviceRow(page, service)).toContainText("Not serving");
  await expect(page.getByText("1 away", { exact: true })).toBeVisible();
  await expect(page.getByText("Live", { exact: true })).toBeVisible();
  if (service.endsWith("-store")) await expect(page.getByText(/^Totals are as they were/)).toBeVisible();
}

const ordersInAll = (page: Page) =>
  page
    .locator("dl > div")
    .filter({ has: page.getByText("Orders in all", { exact: true }) })
    .locator("dd")
    .first()
    .textContent();

for (const service of ["order-store", "error-store", "partners", "validation", "feed", "gateway"]) {
  test(`it says that ${service} is down, keeps what it showed, and recovers by itself`, async ({ page, request }) => {
    const mesh = new Mesh(request);
    await signIn(page, credentials().operator, "/");
    await expect(page.getByText("Live", { exact: true })).toBeVisible();
    await expect(page.getByText("All serving")).toBeVisible();
    const total = await ordersInAll(page);
    expect(total).toMatch(/^[\d,]+$/);
    const letGo = holdDown(service);
    try {
      await sayItIsDown(page, service);
      expect(await ordersInAll(page)).toBe(total);
      await expect(page.getByRole("heading", { level: 1, name: "Overview" })).toBeVisible();
    } finally {
      letGo();
    }
    await expect(async () => {
      await mesh.post("/api/feed/partner-b", newOrder());
    }).toPass({ timeout: 30_000 });
    await expect(page.getByText("Live", { exact: true })).toBeVisible({ timeout: 60_000 });
    await expect(page.getByText("All serving")).toBeVisible({ timeout: 60_000 });
    await expect.poll(() => ordersInAll(page)).not.toBe(total);
    // The page goes on by itself: nobody is asked to sign in again, and the next page is there.
    await page.getByRole("link", { name: "Orders", exact: true }).click();
    await expect(page.getByRole("grid")).toBeVisible();
  });
}
