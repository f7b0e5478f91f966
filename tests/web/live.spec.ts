import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "@playwright/test";
import { credentials, Mesh, signIn } from "./mesh";

let count = 0;

/** An order of partner-b that nobody has sent yet. */
function newOrder() {
  count += 1;
  return {
    order: { ref: `LIVE-${Date.now()}-${count}`, placedAt: new Date().toISOString().slice(0, 19).replace("T", " ") },
    buyer: { id: "9001" },
    items: [{ sku: "SKU-1", qty: 2, price: "10.50" }],
    tax: { ratePercent: 8 },
    currency: "EUR",
  };
}

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

for (const service of ["order-store", "error-store", "partners", "validation", "feed", "gateway"]) {
  test(`it survives a restart of ${service}`, async ({ page, request }) => {
    const mesh = new Mesh(request);
    await signIn(page, credentials().operator, "/");
    await expect(page.getByText("Live", { exact: true })).toBeVisible();
    await expect(page.getByText("All serving")).toBeVisible();
    const file = join(process.env.ORDERMESH_DATA ?? "", "run", `ordermesh-${service}.pid`);
    process.kill(Number(readFileSync(file, "utf8")), "SIGKILL");
    await expect(async () => {
      await mesh.post("/api/feed/partner-b", newOrder());
    }).toPass({ timeout: 30_000 });
    await expect(page.getByText("Live", { exact: true })).toBeVisible({ timeout: 30_000 });
    await expect(page.getByText("All serving")).toBeVisible({ timeout: 30_000 });
    // The page goes on by itself: nobody is asked to sign in again, and the next page is there.
    await page.getByRole("link", { name: "Orders", exact: true }).click();
    await expect(page.getByRole("grid")).toBeVisible();
  });
}
