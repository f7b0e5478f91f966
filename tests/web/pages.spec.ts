import { join } from "node:path";
import AxeBuilder from "@axe-core/playwright";
import { expect, type Page, test } from "@playwright/test";
import { Mesh } from "./mesh";
import { asOperator } from "./partner-support";

const LOOKS = [
  { name: "light", colorScheme: "light", viewport: { width: 1360, height: 860 } },
  { name: "dark", colorScheme: "dark", viewport: { width: 1360, height: 860 } },
  { name: "380", colorScheme: "light", viewport: { width: 380, height: 820 } },
] as const;

/** The addresses of every page of orders and errors, with something on each. */
async function addresses(mesh: Mesh): Promise<Record<string, string>> {
  const { orders = [] } = await mesh.get<{ orders?: { id: string }[] }>("/api/orders?partnerId=retail-uk&pageSize=1");
  const { errors = [] } = await mesh.get<{ errors?: { id: string }[] }>("/api/errors?partnerId=retail-uk&pageSize=1");
  return {
    overview: "/",
    orders: "/orders",
    "orders-none": "/orders?partner=partner-a&customer=nobody",
    order: `/orders/${orders[0]?.id}`,
    "error-groups": "/errors",
    errors: "/errors?tab=list",
    jobs: "/errors?tab=jobs",
    error: `/errors/${errors[0]?.id}`,
    fix: "/errors/fix?partner=retail-uk&code=REQUIRED&field=customerId",
    "no-such-order": "/orders/nonsense",
  };
}

async function check(page: Page, name: string): Promise<void> {
  await expect(page.getByRole("heading", { level: 1 })).toBeVisible();
  await expect(page.locator('[role="status"][aria-label^="Loading"]')).toHaveCount(0);
  if (!name.startsWith("no-such")) await expect(page.getByText("could not be loaded")).toHaveCount(0);
  const wide = await page.evaluate(() => document.documentElement.scrollWidth > innerWidth);
  expect(wide, `${name} scrolls sideways`).toBe(false);
  const folder = process.env.ORDERMESH_SCREENSHOTS;
  if (folder) await page.screenshot({ path: join(folder, `${name}.png`) });
  const { violations } = await new AxeBuilder({ page }).analyze();
  const found = violations.map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html.slice(0, 160)).join(" | ")}`);
  expect.soft(found, name).toEqual([]);
}

for (const { name: look, ...use } of LOOKS) {
  test.describe(look, () => {
    test.use(use);

    test(`every page of orders and errors holds for everybody, ${look}`, async ({ page, context, request }) => {
      test.slow();
      await page.goto("/sign-in");
      await check(page, `sign-in-${look}`);
      await asOperator(context);
      for (const [name, address] of Object.entries(await addresses(new Mesh(request)))) {
        await page.goto(address);
        await check(page, `${name}-${look}`);
      }
    });
  });
}
