import { expect, test } from "@playwright/test";
import { credentials } from "./mesh";
import { callApi, createKey, createPartner, signInAs } from "./partner-support";

test("a partner signs in with its key and sees nothing foreign", async ({
  page,
  request,
}) => {
  const id = await createPartner(request);
  const key = await createKey(request, id);
  const foreign: string[] = [];
  page.on("response", async (response) => {
    if (!response.url().includes("/api/") || !response.ok()) return;
    const type = response.headers()["content-type"] ?? "";
    if (!type.includes("application/json")) return;
    const text = await response.text().catch(() => "");
    if (/partner-a|partner-b|retail-uk|olist/.test(text))
      foreign.push(response.url());
  });
  await page.goto("/sign-in");
  await page.getByLabel("Operator token or partner API key").fill(key);
  await page.getByRole("button", { name: "Sign in", exact: true }).click();
  const navigation = page.getByRole("navigation", { name: "Pages" });
  await expect(navigation.getByRole("link")).toHaveText([
    "Home",
    "Orders",
    "Errors",
    "Keys and limits",
    "Audit",
  ]);

  await navigation.getByRole("link", { name: "Keys and limits" }).click();
  await expect(page.getByText("Your settings", { exact: true })).toBeVisible();
  await page.getByRole("link", { name: "Keys", exact: true }).click();
  await expect(
    page.getByText("Whoever operates the mesh makes and revokes keys."),
  ).toBeVisible();
  await expect(page.getByText("You use it now")).toBeVisible();
  await page.getByRole("link", { name: "Config", exact: true }).click();
  await expect(
    page.getByRole("textbox", { name: "mapping.yaml" }),
  ).toContainText("externalOrderId");
  await expect(
    page.getByRole("button", { name: /Suspend|Save|New key|Revoke|Roll back/ }),
  ).toHaveCount(0);
  await navigation.getByRole("link", { name: "Audit" }).click();
  await expect(page.getByText("Nothing has been done yet")).toBeVisible();
  expect(foreign).toEqual([]);
});

test("addresses of other partners lead a partner nowhere", async ({
  page,
  context,
  request,
}) => {
  const id = await createPartner(request);
  await signInAs(context, "key", await createKey(request, id));
  await page.goto("/partners/partner-b");
  await expect(
    page.getByText("This page belongs to another partner"),
  ).toBeVisible();
  await page.goto("/partners/partner-b?tab=keys");
  await expect(
    page.getByText("This page belongs to another partner"),
  ).toBeVisible();
  await page.goto("/partners");
  await expect(page).toHaveURL(new RegExp(`/partners/${id}`));
  await page.goto("/partners?create=yes");
  await expect(page).toHaveURL(new RegExp(`/partners/${id}`));

  const errors = await callApi<{ errors?: { id: string }[] }>(
    request,
    "GET",
    "/api/errors?partnerId=partner-b&pageSize=1",
  );
  const orders = await callApi<{ orders?: { id: string }[] }>(
    request,
    "GET",
    "/api/orders?partnerId=partner-a&pageSize=1",
  );
  for (const path of [
    `/errors/${errors.errors?.[0]?.id}`,
    `/orders/${orders.orders?.[0]?.id}`,
  ]) {
    await page.goto(path);
    await expect(
      page.getByText(
        /does not exist, has expired, or belongs to another partner/,
      ),
    ).toBeVisible();
    await expect(page.locator("main")).not.toContainText(/partner-a|partner-b/);
  }
  await page.goto("/audit?partner=partner-b");
  await expect(page.getByText("Nothing has been done yet")).toBeVisible();
});

test("the server refuses by itself what the page does not offer", async ({
  request,
}) => {
  const headers = { "X-API-Key": credentials().partners["partner-a"] ?? "" };
  for (const path of [
    "",
    "/configs",
    "/configs/1",
    "/configs/1/diff",
    "/keys",
  ]) {
    const response = await request.get(`/api/partners/partner-b${path}`, {
      headers,
    });
    expect(response.status(), path).toBe(403);
  }
  const created = await request.post("/api/partners/partner-a/keys", {
    headers,
    data: { label: "x" },
  });
  expect(created.status()).toBe(403);
});
