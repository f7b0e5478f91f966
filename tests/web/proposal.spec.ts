import { expect, test } from "@playwright/test";
import { decode, Mesh } from "./mesh";
import { asOperator, callApi, createPartner, filesOf, MAPPING } from "./partner-support";

const order = (id: string) => ({
  id,
  customer: "",
  vat: 0.2,
  currency: "EUR",
  at: "2026-11-20T08:26:00Z",
  rows: [{ article: "A-1", count: 2, each: 2.5 }],
});

test("a rule becomes the next version of the mapping, and not over another one", async ({ page, context, request }) => {
  const mesh = new Mesh(request);
  const partner = await createPartner(request);
  const { id: first } = await mesh.reject(partner, order("A-1"));
  await mesh.reject(partner, order("A-2"));

  await asOperator(context);
  await page.goto(`/errors?tab=list&partner=${partner}&code=REQUIRED&field=customerId`);
  await expect(page.getByText("2 errors, last changed first")).toBeVisible();
  await page.getByRole("button", { name: "Do with all" }).click();
  await page.getByRole("menuitem", { name: "Fix by rule" }).click();
  await expect(page.getByLabel("At this path")).toHaveValue("customer");
  await page.getByLabel("To this value", { exact: true }).fill("99999");
  await page.getByRole("button", { name: "Preview" }).click();
  await expect(page.getByText("2 of 2 errors would become orders")).toBeVisible();

  const panel = page.getByRole("region", { name: "The rule as a mapping" });
  await panel.getByRole("button", { name: "Offer as mapping version" }).click();
  await expect(panel.getByText("2 of 2 errors would be orders by this mapping")).toBeVisible();
  await expect(panel.getByRole("region", { name: "mapping.yaml", exact: true })).toContainText(
    'customerId: {from: customer, default: "99999"}',
  );

  // Another operator is quicker: nothing of it may be lost.
  await callApi(request, "POST", `/api/partners/${partner}/configs`, {
    files: filesOf(MAPPING.replace("several rows", "rows by the dozen")),
    baseVersion: 1,
    message: "What they told us",
  });
  const publish = panel.getByRole("button", { name: "Publish in place of version 1" });
  await expect(publish).toBeDisabled();
  await panel.getByLabel("Message").fill("they send orders without a customer");
  await publish.click();
  const refused = panel.getByRole("alert").filter({ hasText: "another version has become live meanwhile" });
  await expect(refused).toBeVisible();
  await expect(publish).toHaveCount(0);

  await refused.getByRole("button", { name: "Try again" }).click();
  const again = panel.getByRole("button", { name: "Publish in place of version 2" });
  await panel.getByLabel("Message").fill("they send orders without a customer");
  await again.click();
  await panel.getByRole("link", { name: "Version 3" }).click();
  await expect(page.getByText("they send orders without a customer").first()).toBeVisible();

  // The third has what the second brought and what the rule says.
  const { files = [] } = await mesh.get<{ files?: { path?: string; content?: string }[] }>(
    `/api/partners/${partner}/configs/3`,
  );
  const mapping = decode(files.find(({ path }) => path === "mapping.yaml")?.content);
  expect(mapping).toContain("rows by the dozen");
  expect(mapping).toContain('customerId: {from: customer, default: "99999"}');

  await expect(async () => {
    const made = await callApi<{ orderId?: string }>(request, "POST", `/api/feed/${partner}`, order("A-3"));
    expect(made.orderId).toBeTruthy();
  }).toPass({ timeout: 30_000 });
  // An error stays as it is until somebody retries it.
  expect(await mesh.get(`/api/errors/${first}`)).toMatchObject({ status: "OPEN" });
});
