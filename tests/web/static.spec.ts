import { readFileSync } from "node:fs";
import { expect, type Page, test } from "@playwright/test";
import { credentials, decode, Mesh, signIn, typePayload } from "./mesh";
import { SecondGateway } from "./second-gateway";
import { StaticSite } from "./static-site";

const site = new StaticSite();
let allowing: SecondGateway;

test.beforeAll(async () => {
  test.setTimeout(300_000);
  await site.listen();
  allowing = await SecondGateway.start({ cors_origins: `https://other.example,${site.origin}` });
  site.build(allowing.origin);
});

test.afterAll(async () => {
  await allowing?.stop();
  await site.close();
});

/** What the browser refused: the page must work without one refusal. */
function refusals(page: Page): string[] {
  const found: string[] = [];
  page.on("console", (message) => {
    if (/CORS|Content Security Policy|blocked/i.test(message.text())) found.push(message.text());
  });
  return found;
}

test("the files say how long they may be kept, and pages are the app", async ({ request }) => {
  const page = await request.get(`${site.origin}/errors/anything?tab=list`);
  expect(page.status()).toBe(200);
  expect(page.headers()["cache-control"]).toBe("no-cache");
  const assets = [...(await page.text()).matchAll(/(?:src|href)="(\/assets\/[^"]+)"/g)].map(([, path]) => path ?? "");
  expect(assets.length).toBeGreaterThan(1);
  for (const asset of assets) {
    const answer = await request.get(`${site.origin}${asset}`);
    expect(answer.headers()["cache-control"]).toBe("public, max-age=31536000, immutable");
  }
  const config = await request.get(`${site.origin}/config.json`);
  expect(config.headers()["cache-control"]).toBe("no-cache");
  expect(await config.json()).toEqual({ apiBase: allowing.origin, oidc: null });
  expect((await request.get(`${site.origin}/assets/gone.js`)).status()).toBe(403);
  expect((await request.get(`${site.origin}/.vite/manifest.json`)).headers()["content-type"]).toBe("text/html");
});

test("the site's policy is the gateway's, with the API beside it", async ({ request }) => {
  const ours = (await request.get(`${allowing.origin}/`)).headers();
  const theirs = (await request.get(`${site.origin}/`)).headers();
  const connect = `connect-src 'self' ${allowing.origin};`;
  expect(theirs["content-security-policy"]).toBe(
    ours["content-security-policy"]?.replace("connect-src 'self';", connect),
  );
  for (const name of ["x-frame-options", "referrer-policy", "x-content-type-options"]) {
    expect(theirs[name], name).toBe(ours[name]);
  }
});

test("an operator works from another origin: lists, live news, the request id of a refusal", async ({
  page,
  request,
}) => {
  const refused = refusals(page);
  const mesh = new Mesh(request);
  await signIn(page, credentials().operator, `${site.origin}/orders?partner=partner-b`);
  await expect(page).toHaveURL(`${site.origin}/orders?partner=partner-b`);
  await expect(page.getByRole("grid")).toBeVisible();
  await expect(page.getByText("Live", { exact: true })).toBeVisible();
  const ref = `STATIC-${Date.now()}`;
  await mesh.post("/api/feed/partner-b", {
    order: { ref, placedAt: new Date().toISOString().slice(0, 19).replace("T", " ") },
    buyer: { id: "9001" },
    items: [{ sku: "SKU-1", qty: 2, price: "10.50" }],
    tax: { ratePercent: 8 },
    currency: "EUR",
  });
  await page.getByText("1 new", { exact: true }).click();
  await expect(page.getByText(ref)).toBeVisible();
  expect(refused).toEqual([]);

  // The id that is shown is the one that the gateway gave: it replaces one that it does not like.
  await page.route("**/api/orders/nonsense*", async (route) => {
    const headers = { ...route.request().headers(), "x-request-id": "spaces are not taken" };
    await route.continue({ headers });
  });
  const answered = page.waitForResponse((answer) => answer.url().endsWith("/api/orders/nonsense"));
  await page.goto(`${site.origin}/orders/nonsense`);
  const given = (await answered).headers()["x-request-id"] ?? "";
  expect(given).toMatch(/^[0-9a-f-]{32,36}$/);
  await expect(page.getByRole("alert").getByText(given)).toBeVisible();
});

test("an error is repaired from another origin", async ({ page, request }) => {
  const refused = refusals(page);
  const mesh = new Mesh(request);
  const line = { StockCode: "85123A", Quantity: "2", InvoiceDate: "01/12/2010 08:26", UnitPrice: "2.55" };
  const { id } = await mesh.reject("retail-uk", {
    InvoiceNo: `S${Date.now()}`,
    lines: [{ ...line, CustomerID: "", Country: "United Kingdom" }],
  });
  const { rawPayload } = await mesh.get<{ rawPayload?: string }>(`/api/errors/${id}`);
  await signIn(page, credentials().operator, `${site.origin}/errors/${id}`);
  await typePayload(page, decode(rawPayload).replace('"CustomerID":""', '"CustomerID":"17850"'));
  await expect(page.getByRole("heading", { name: "It would become this order" })).toBeVisible();
  await page.getByRole("button", { name: "Save and retry" }).click();
  await page.getByRole("link", { name: "Open the order" }).click();
  await expect(page).toHaveURL(new RegExp(`^${site.origin}/orders/[0-9a-f-]{36}$`));
  expect(refused).toEqual([]);
});

test("an export is saved from another origin", async ({ page, request }) => {
  const refused = refusals(page);
  // Choosing a file needs a person; without the picker it is gathered and saved as a download.
  await page.addInitScript(() => Reflect.deleteProperty(window, "showSaveFilePicker"));
  await signIn(page, credentials().operator, `${site.origin}/orders?partner=partner-a`);
  await page.getByRole("button", { name: "Export" }).click();
  const saved = page.waitForEvent("download");
  await page.getByRole("menuitem", { name: /^CSV/ }).click();
  const file = readFileSync(await (await saved).path(), "utf8");
  const headers = { Authorization: `Bearer ${credentials().operator}` };
  const direct = await request.get("/api/orders/export?partnerId=partner-a&format=CSV", { headers });
  expect(file).toBe(await direct.text());
  expect(file.split("\n").length).toBeGreaterThan(10);
  expect(refused).toEqual([]);
});

test("an origin that the gateway does not allow is refused, and the page says what to do", async ({ page }) => {
  // The mesh's own gateway allows no other origin.
  const api = process.env.ORDERMESH_WEB ?? "";
  site.point(api);
  const refused = refusals(page);
  await page.goto(`${site.origin}/sign-in`);
  await page.getByLabel("Operator token or partner API key").fill(credentials().operator);
  await page.getByRole("button", { name: "Sign in" }).click();
  const notice = page.getByRole("alert").filter({ hasText: "Signing in failed" });
  await expect(notice).toContainText(`The API at ${api} answers, but this page, which comes from elsewhere,`);
  await expect(notice).toContainText(`add ${site.origin} to its --cors_origins`);
  expect(refused.join("\n")).toContain("CORS");
});
