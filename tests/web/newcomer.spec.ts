import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, type Page, test } from "@playwright/test";
import { credentials, decode, Mesh, typePayload } from "./mesh";

const LOOKS = [
  { name: "light", colorScheme: "light", viewport: { width: 1360, height: 860 } },
  { name: "dark", colorScheme: "dark", viewport: { width: 1360, height: 860 } },
  { name: "380", colorScheme: "light", viewport: { width: 380, height: 820 } },
] as const;

async function picture(page: Page, name: string): Promise<void> {
  await expect(page.locator('[role="status"][aria-label^="Loading"]')).toHaveCount(0);
  const folder = process.env.ORDERMESH_SCREENSHOTS;
  if (folder) await page.screenshot({ path: join(folder, `newcomer-${name}.png`), fullPage: true });
}

for (const { name: look, ...use } of LOOKS) {
  test.describe(look, () => {
    test.use(use);

    // Only what stands on the pages is clicked.
    test(`a newcomer gets from the first screen to a repaired order, ${look}`, async ({ page, request }) => {
      await page.goto("/");
      await picture(page, `1-sign-in-${look}`);
      // The page says where the token is: relative to where tools/up was run.
      const command = await page.getByText(/^jq -r \.operator /).textContent();
      const file = join(process.env.ORDERMESH_DATA ?? "", (command ?? "").split("/").pop() ?? "");
      const { operator } = JSON.parse(readFileSync(file, "utf8")) as { operator: string };
      expect(operator).toBe(credentials().operator);
      await page.getByLabel("Operator token or partner API key").fill(operator);
      await picture(page, `2-pasted-${look}`);
      await page.getByRole("button", { name: "Sign in" }).click();

      await expect(page.getByText("Waiting for a decision")).toBeVisible();
      await expect(page.getByRole("img", { name: /^Rejection rate/ }).locator("canvas")).toBeVisible();
      await picture(page, `3-overview-${look}`);
      await page.getByRole("link", { name: "Repair errors of partner-b" }).click();
      await expect(page.getByText("customerId is missing").first()).toBeVisible();
      await picture(page, `4-errors-${look}`);
      await page.locator('main a[href^="/errors/"]:not([href*="?"])').first().click();
      await expect(page.getByText(/Correct .* below\. It is checked as you type/)).toBeVisible();
      await expect(page.getByRole("list", { name: "Flight recorder" })).toBeVisible();
      await picture(page, `5-error-${look}`);

      const id = page.url().split("/").pop() ?? "";
      const { rawPayload } = await new Mesh(request).get<{ rawPayload?: string }>(`/api/errors/${id}`);
      const payload = JSON.parse(decode(rawPayload)) as { buyer?: { id?: string } };
      await typePayload(page, JSON.stringify({ ...payload, buyer: { id: "9001" } }));
      await expect(page.getByRole("heading", { name: "It would become this order" })).toBeVisible();
      await picture(page, `6-mended-${look}`);
      await page.getByRole("button", { name: "Save and retry" }).click();
      await expect(page.getByRole("link", { name: "Open the order" })).toBeVisible();
      await picture(page, `7-resolved-${look}`);
      await page.getByRole("link", { name: "Open the order" }).click();
      await expect(page.getByText("Stored as one order of partner-b")).toBeVisible();
      await expect(page.getByRole("list", { name: "Flight recorder" })).toBeVisible();
      await picture(page, `8-order-${look}`);
    });
  });
}
