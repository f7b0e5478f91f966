import { expect, type Page, test } from "@playwright/test";
import { AUDIENCE, CLIENT, type Issuer, ROLE_CLAIM, startIssuer } from "./issuer";
import { Mesh, newOrder, type OwnGateway, startGateway } from "./mesh";

const PEOPLE = {
  olga: { groups: ["staff", "operator"], lasts: 22, renews: true },
  ed: { groups: ["operator"], lasts: 8, renews: false },
  vera: { groups: ["viewer"], lasts: 300, renews: false },
  nora: { groups: ["staff"], lasts: 300, renews: true },
  wanda: { groups: ["operator"], lasts: 300, renews: true, audience: "another-service" },
} as const;
type Name = keyof typeof PEOPLE;
/** The gateway's clock may differ by so much from the issuer's. */
const SKEW = 5;

const firstFree = Number(process.env.ORDERMESH_HTTP_PORT) + 2;
const issuerPort = firstFree + 5;
const web = `http://127.0.0.1:${firstFree}`;
let issuer: Issuer;
let gateway: OwnGateway | undefined;

test.use({ baseURL: web });

test.beforeAll(async () => {
  issuer = await startIssuer(issuerPort, PEOPLE, web);
  const flags = {
    oidc_issuer: issuer.url,
    oidc_audience: AUDIENCE,
    oidc_role_claim: ROLE_CLAIM,
    oidc_client_id: CLIENT,
  };
  gateway = await startGateway(
    firstFree,
    Object.entries(flags).flatMap(([flag, value]) => [`--${flag}`, value]),
  );
});

test.afterAll(async () => {
  await gateway?.stop();
  await issuer.close();
});

const organisation = (page: Page) => page.getByRole("button", { name: "Sign in with your organisation" });

/** Signs in at the issuer, which asks for a name. */
async function signInAt(page: Page, name: Name, path = "/"): Promise<void> {
  await page.goto(path);
  await organisation(page).click();
  await expect(page).toHaveURL(new RegExp(`^${issuer.url}/`));
  await page.getByLabel("Name").fill(name);
  await page.getByRole("button", { name: "Go in" }).click();
  await page.waitForURL(`${web}/**`);
}

const tokenOf = (page: Page) =>
  page.evaluate(() => {
    const kept = JSON.parse(sessionStorage.getItem("ordermesh.credential") ?? "null") as { secret?: string } | null;
    return kept?.secret ?? "";
  });

const headersOf = async (page: Page) => ({ Authorization: `Bearer ${await tokenOf(page)}` });

const signedInAs = (page: Page, name: Name, role: string) =>
  expect(page.getByRole("button", { name: `Signed in as ${name}, role ${role}` })).toBeVisible();

test("an operator signs in at the organisation's issuer, and the token is renewed unseen", async ({
  page,
  request,
}) => {
  expect(await (await request.get("/config.json")).json()).toMatchObject({
    oidc: { issuer: issuer.url, clientId: CLIENT },
  });
  await signInAt(page, "olga", "/orders?partner=partner-b");
  await expect(page).toHaveURL(`${web}/orders?partner=partner-b`);
  await signedInAs(page, "olga", "Operator");
  const session = await request.get("/api/session", { headers: await headersOf(page) });
  expect(await session.json()).toMatchObject({ role: "OPERATOR", subject: "user:olga" });

  await expect(page.getByText("Live", { exact: true })).toBeVisible();
  const first = await headersOf(page);
  const loads: string[] = [];
  page.on("framenavigated", (frame) => loads.push(frame.url()));
  await expect.poll(() => headersOf(page)).not.toEqual(first);
  expect(issuer.asked()).toBeGreaterThan(1);
  // Until the first token is refused, and the stream that was opened with it has ended.
  await expect
    .poll(async () => (await request.get("/api/session", { headers: first })).status(), {
      timeout: (PEOPLE.olga.lasts + SKEW + 20) * 1000,
    })
    .toBe(401);
  await expect(page.getByText("Live", { exact: true })).toBeVisible();
  const order = newOrder();
  await new Mesh(request).post("/api/feed/partner-b", order);
  await page.getByText("1 new", { exact: true }).click();
  await expect(page.getByText(order.order.ref)).toBeVisible();
  await signedInAs(page, "olga", "Operator");
  expect(loads).toEqual([]);

  await page.reload();
  await signedInAs(page, "olga", "Operator");
});

test("a token that cannot be renewed leads to the sign-in and back to the same page", async ({ page }) => {
  await signInAt(page, "ed", "/errors?tab=list&partner=partner-b");
  await signedInAs(page, "ed", "Operator");
  await expect(page.getByText("The server no longer takes your credential")).toBeVisible({ timeout: 60_000 });
  expect(await tokenOf(page)).toBe("");
  // The issuer still knows who it is: nothing is asked.
  await organisation(page).click();
  await expect(page).toHaveURL(`${web}/errors?tab=list&partner=partner-b`);
  await signedInAs(page, "ed", "Operator");
});

test("who signs out is out at the issuer too, and nothing is kept", async ({ page }) => {
  await signInAt(page, "olga");
  await signedInAs(page, "olga", "Operator");
  await page.getByRole("button", { name: /^Signed in as/ }).click();
  await page.getByRole("menuitem", { name: "Sign out" }).click();
  await page.getByRole("button", { name: "Sign me out" }).click();
  await expect(page).toHaveURL(`${web}/sign-in`);
  expect(await page.evaluate(() => JSON.stringify({ ...sessionStorage, ...localStorage }))).not.toContain("token");
  await page.goto("/orders");
  await expect(page).toHaveURL(/\/sign-in/);
  await organisation(page).click();
  await expect(page.getByLabel("Name")).toBeVisible();
});

test("a viewer sees and changes nothing: hidden, and refused by the server", async ({ page, request }) => {
  const { errors = [] } = await new Mesh(request).get<{ errors?: { id: string; revision: string }[] }>(
    "/api/errors?partnerId=retail-uk&status=OPEN&pageSize=1",
  );
  const [error] = errors;
  await signInAt(page, "vera", `/errors/${error?.id}`);
  await signedInAs(page, "vera", "Viewer");
  await expect(page.getByRole("heading", { name: "Payload" }).first()).toBeVisible();
  await expect(page.getByRole("button", { name: /Save|Retry|Discard|Assign/ })).toHaveCount(0);
  await page.goto("/errors?tab=list&partner=retail-uk");
  await expect(page.getByRole("grid")).toBeVisible();
  await expect(page.getByRole("button", { name: "Do with all" })).toHaveCount(0);

  const headers = await headersOf(page);
  for (const [path, data] of [
    [`/api/errors/${error?.id}/edits`, { revision: error?.revision, rawPayload: "e30=", retry: true }],
    [`/api/errors/${error?.id}/notes`, { note: "hello" }],
    ["/api/partners", { partner: { partnerId: "mine" } }],
  ] as const) {
    const answer = await request.post(path, { headers, data });
    expect(answer.status(), path).toBe(403);
    expect(JSON.stringify(await answer.json()), path).toContain("NOT_ALLOWED");
  }
  expect((await request.get(`/api/errors/${error?.id}`, { headers })).status()).toBe(200);
});

test("who has no role here is told so, and is not signed in", async ({ page }) => {
  await signInAt(page, "nora", "/orders");
  const alert = page.getByRole("alert");
  await expect(alert).toContainText("You are signed in, and have no role here");
  await expect(alert).toContainText("Ask whoever manages your identity provider");
  expect(await tokenOf(page)).toBe("");
  await page.goto("/orders");
  await expect(page).toHaveURL(/\/sign-in/);
});

test("a token for another audience is refused, with what its issuer put into it", async ({ page, request }) => {
  await signInAt(page, "wanda", "/orders");
  await expect(page.getByRole("alert")).toContainText("the mesh does not take your token");
  await expect(page.getByText("Trying again will not help")).toContainText("the audience another-service");
  await expect(page.getByText("Trying again will not help")).toContainText(`from ${issuer.url}`);
  expect(await page.evaluate(() => JSON.stringify({ ...sessionStorage }))).not.toContain("access_token");
  expect(await tokenOf(page)).toBe("");
  expect((await request.get("/healthz")).status()).toBe(200);
});

test("who turns back at the issuer can try again", async ({ page }) => {
  await page.goto("/audit");
  await organisation(page).click();
  await page.getByRole("button", { name: "Cancel" }).click();
  await expect(page.getByRole("alert")).toContainText("The sign-in was cancelled");
  await organisation(page).click();
  await page.getByLabel("Name").fill("vera");
  await page.getByRole("button", { name: "Go in" }).click();
  await signedInAs(page, "vera", "Viewer");
});
