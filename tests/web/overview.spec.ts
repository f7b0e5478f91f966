import { expect, type Page, test } from "@playwright/test";
import { asOperator } from "./partner-support";
import { freePort, SecondGateway } from "./second-gateway";

/** The second of the day that the charts begin at. */
async function since(page: Page): Promise<string> {
  const text = await page.getByText(/^Since \d\d:\d\d:\d\d, when the gateway began to count\./).textContent();
  return /\d\d:\d\d:\d\d/.exec(text ?? "")?.[0] ?? "";
}

test("an overview that stays open keeps its charts over the gateway's restart, and says since when", async ({
  page,
  context,
}) => {
  // The mesh's own gateway stays for the other tests.
  const listen = { http_listen: `127.0.0.1:${await freePort()}` };
  let gateway = await SecondGateway.start(listen);
  try {
    await asOperator(context);
    await page.goto(gateway.origin);
    await expect(page.getByText("Live", { exact: true })).toBeVisible();
    const first = await since(page);
    await expect(page.getByRole("img", { name: `Orders a minute since ${first}. Now:` })).toBeVisible();

    await gateway.stop();
    await expect(page.getByText("Reconnecting", { exact: false }).first()).toBeVisible();
    gateway = await SecondGateway.start(listen);
    await expect(page.getByText("Live", { exact: true })).toBeVisible({ timeout: 40_000 });
    // Past the next sample of the new gateway's own history.
    await page.waitForTimeout(12_000);
    expect(await since(page)).toBe(first);

    await page.reload();
    await expect(page.getByText("Live", { exact: true })).toBeVisible();
    expect(await since(page) > first, `after a reload it begins at ${await since(page)}`).toBe(true);
  } finally {
    await gateway.stop();
  }
});
