import { mkdirSync } from "node:fs";
import { join } from "node:path";
import AxeBuilder from "@axe-core/playwright";
import { expect, type Page, test } from "@playwright/test";
import {
  asOperator,
  callApi,
  createKey,
  createPartner,
  filesOf,
  MAPPING,
  signInAs,
} from "./partner-support";

const LOOKS = [
  { name: "light", colorScheme: "light", width: 1360, height: 860 },
  { name: "dark", colorScheme: "dark", width: 1360, height: 860 },
  { name: "380", colorScheme: "light", width: 380, height: 820 },
] as const;

const OF_OPERATORS = {
  partners: () => "/partners",
  "partner-new": () => "/partners?create=yes",
  "partner-settings": (id: string) => `/partners/${id}`,
  "partner-config-files": (id: string) => `/partners/${id}?tab=config`,
  "partner-config-changes": (id: string) =>
    `/partners/${id}?tab=config&view=changes`,
  "partner-config-edit": (id: string) => `/partners/${id}?tab=config&edit=yes`,
  "partner-keys": (id: string) => `/partners/${id}?tab=keys`,
  audit: () => "/audit",
} as const;

const OF_PARTNERS = {
  "portal-settings": (id: string) => `/partners/${id}`,
  "portal-config": (id: string) => `/partners/${id}?tab=config`,
  "portal-keys": (id: string) => `/partners/${id}?tab=keys`,
  "portal-audit": () => "/audit",
  "portal-foreign": () => "/partners/partner-b",
} as const;

/** The page is there when nothing on it is still loading. */
async function settle(page: Page): Promise<void> {
  await expect(page.getByRole("heading", { level: 1 })).toBeVisible();
  await expect(
    page.locator('[role="status"][aria-label^="Loading"]'),
  ).toHaveCount(0);
}

async function check(page: Page, name: string): Promise<void> {
  await settle(page);
  const wide = await page.evaluate(() => {
    const main = document.querySelector("main");
    return (
      document.documentElement.scrollWidth > innerWidth ||
      (main && main.scrollWidth > main.clientWidth)
    );
  });
  expect(wide, `${name} scrolls sideways`).toBe(false);
  const folder = process.env.ORDERMESH_SCREENSHOTS;
  if (folder) {
    mkdirSync(folder, { recursive: true });
    await page.screenshot({ path: join(folder, `${name}.png`) });
  }
  const { violations } = await new AxeBuilder({ page }).analyze();
  const found = violations.map(
    ({ id, nodes }) =>
      `${id}: ${nodes.map(({ html }) => html.slice(0, 160)).join(" | ")}`,
  );
  expect.soft(found, name).toEqual([]);
}

for (const look of LOOKS) {
  test.describe(look.name, () => {
    test.use({
      colorScheme: look.colorScheme,
      viewport: { width: look.width, height: look.height },
    });

    test(`the pages of partners and audit hold for everybody, ${look.name}`, async ({
      page,
      context,
      request,
    }) => {
      test.slow();
      const id = await createPartner(request);
      await createKey(request, id);
      const files = filesOf(MAPPING.replace("# A shop", "# The shop"));
      await callApi(request, "POST", `/api/partners/${id}/configs`, {
        files,
        message: "The second mapping",
      });
      await asOperator(context);
      for (const [name, path] of Object.entries(OF_OPERATORS)) {
        await page.goto(path(id));
        await check(page, `${name}-${look.name}`);
      }
    });

    test(`the portal of a partner holds for everybody, ${look.name}`, async ({
      page,
      context,
      request,
    }) => {
      test.slow();
      const id = await createPartner(request);
      await signInAs(context, "key", await createKey(request, id));
      for (const [name, path] of Object.entries(OF_PARTNERS)) {
        await page.goto(path(id));
        await check(page, `${name}-${look.name}`);
      }
    });
  });
}
