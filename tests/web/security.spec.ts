import { createServer, type Server } from "node:http";
import { expect, test } from "@playwright/test";
import { credentials, Mesh, signIn } from "./mesh";
import { asOperator } from "./partner-support";

const web = process.env.ORDERMESH_WEB ?? "";

/** A page of somebody else, on an origin of its own. */
async function foreignPage(html: string): Promise<{ server: Server; address: string }> {
  const server = createServer((_request, response) => response.setHeader("Content-Type", "text/html").end(html));
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return { server, address: `http://127.0.0.1:${(server.address() as { port: number }).port}/` };
}

const close = (server: Server) => {
  server.closeAllConnections();
  server.close();
};

test("a credential is in this tab only, goes to the API only, and is gone after signing out", async ({
  page,
  context,
}) => {
  const secret = credentials().operator;
  const elsewhere: string[] = [];
  page.on("request", (request) => {
    const url = new URL(request.url());
    const carried = request.headers().authorization ?? "";
    if (request.url().includes(secret)) elsewhere.push(`in the address ${url.pathname}`);
    if (carried && (url.origin !== web || !url.pathname.startsWith("/api/"))) elsewhere.push(url.href);
    if (url.protocol.startsWith("http") && url.origin !== web) elsewhere.push(url.href);
  });
  await signIn(page, secret, "/orders");
  await expect(page.getByRole("grid")).toBeVisible();
  expect(await page.evaluate(() => JSON.stringify(sessionStorage))).toContain(secret);
  expect(await page.evaluate(() => JSON.stringify(localStorage))).not.toContain(secret);
  expect(await context.cookies()).toEqual([]);
  expect(elsewhere).toEqual([]);
  // Another tab has none.
  const other = await context.newPage();
  await other.goto("/orders");
  await expect(other).toHaveURL(/\/sign-in/);

  await page.getByRole("button", { name: /^Signed in as/ }).click();
  await page.getByRole("menuitem", { name: "Sign out" }).click();
  await expect(page).toHaveURL(/\/sign-in/);
  expect(await page.evaluate(() => JSON.stringify({ ...sessionStorage, ...localStorage }))).not.toContain(secret);
  await page.goBack();
  await expect(page.getByRole("heading", { name: "Sign in to Ordermesh" })).toBeVisible();
});

test("after signing in nobody is led to another site", async ({ page }) => {
  await signIn(page, credentials().operator, "/sign-in?next=//evil.example/orders");
  expect(new URL(page.url()).origin).toBe(web);
});

test("what a partner sends is text, and what was slipped into the page all the same may not run", async ({
  page,
  context,
  request,
}) => {
  const mesh = new Mesh(request);
  const html = `<img src=x onerror="window.attacked=1"><script>window.attacked=1</script>`;
  const line = { StockCode: html, Quantity: "2", InvoiceDate: "01/12/2010 08:26", UnitPrice: "2.55" };
  const lines = [{ ...line, CustomerID: "", Country: html }];
  const { id } = await mesh.reject("retail-uk", { InvoiceNo: `X${Date.now()}${html}`, lines });
  await mesh.post(`/api/errors/${id}/notes`, { note: html });
  await asOperator(context);
  await page.goto(`/errors/${id}`);
  await expect(page.getByRole("heading", { level: 1 })).toContainText(html);
  await expect(page.getByRole("list", { name: "Flight recorder" })).toContainText(html);
  await page.goto("/errors?tab=list&partner=retail-uk");
  await expect(page.getByRole("grid")).toContainText(html);
  await page.goto("/audit?order=newest");
  await expect(page.getByRole("heading", { level: 1 })).toBeVisible();
  expect(await page.evaluate(() => "attacked" in window)).toBe(false);

  // Of whatever came into the document by a fault nothing runs, loads or leaves.
  const refused = await page.evaluate(async () => {
    const directives: string[] = [];
    document.addEventListener("securitypolicyviolation", (event) => directives.push(event.effectiveDirective));
    const inline = document.createElement("script");
    inline.textContent = "window.attacked = 1";
    const foreign = document.createElement("script");
    foreign.src = "http://127.0.0.1:9/attack.js";
    const frame = document.createElement("iframe");
    frame.src = "http://127.0.0.1:9/";
    const holder = document.createElement("div");
    holder.innerHTML = `<img src="data:image/png,x" onerror="window.attacked = 1">`;
    document.body.append(inline, foreign, frame, holder);
    await fetch("http://127.0.0.1:9/steal").catch(() => undefined);
    await new Promise((resolve) => setTimeout(resolve, 1_000));
    return directives;
  });
  expect([...new Set(refused)].sort()).toEqual(
    ["connect-src", "frame-src", "script-src-attr", "script-src-elem"].sort(),
  );
  expect(await page.evaluate(() => "attacked" in window)).toBe(false);
});

test("no other site can put the dashboard into a frame", async ({ page, context }) => {
  await asOperator(context);
  const said: string[] = [];
  page.on("console", (message) => said.push(message.text()));
  const { server, address } = await foreignPage(`<iframe src="${web}/errors" title="bait"></iframe>`);
  try {
    await page.goto(address);
    await expect.poll(() => said.join("\n")).toMatch(/frame-ancestors|X-Frame-Options/);
    await expect(page.frameLocator("iframe").getByRole("navigation")).toHaveCount(0);
  } finally {
    close(server);
  }
});

test("another site's form or script changes nothing: there is nothing that goes along by itself", async ({
  page,
  context,
  request,
}) => {
  const mesh = new Mesh(request);
  const line = { StockCode: "X", Quantity: "2", InvoiceDate: "01/12/2010 08:26", UnitPrice: "2.55" };
  const lines = [{ ...line, CustomerID: "", Country: "France" }];
  const { id, revision } = await mesh.reject("retail-uk", { InvoiceNo: `C${Date.now()}`, lines });
  // Signed in, in the same browser.
  await signIn(page, credentials().operator, `/errors/${id}`);
  const { server, address } = await foreignPage(
    `<form method="post" enctype="text/plain" action="${web}/api/errors/${id}/discard">
     <input name='{"reason":"' value='forged"}'><button>Win</button></form>`,
  );
  try {
    const other = await context.newPage();
    await other.goto(address);
    const answered = other.waitForResponse((answer) => answer.url().endsWith("/discard"));
    await other.getByRole("button").click();
    expect((await answered).status()).toBe(401);
    await other.goto(address);
    const read = await other.evaluate(
      (api) => fetch(`${api}/api/orders`, { credentials: "include" }).then(() => "read", () => "refused"),
      web,
    );
    expect(read).toBe("refused");
  } finally {
    close(server);
  }
  expect(await mesh.get(`/api/errors/${id}`)).toMatchObject({ status: "OPEN", revision });
});
