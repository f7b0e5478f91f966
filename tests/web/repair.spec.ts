import { expect, test } from "@playwright/test";
import { pagesAgreeWithAudit } from "./agreement";
import { credentials, decode, Mesh, signIn, typePayload } from "./mesh";

test("a rejected retail order is repaired and becomes an order", async ({ page, request }) => {
  const mesh = new Mesh(request);
  const { id, externalOrderId } = await mesh.retailWithoutCustomer();
  const { rawPayload } = await mesh.get<{ rawPayload?: string }>(`/api/errors/${id}`);
  const original = decode(rawPayload);

  await signIn(page, credentials().operator, "/");
  await page.getByRole("link", { name: "Errors", exact: true }).click();
  await page.getByRole("link", { name: "customerId is missing" }).first().waitFor();
  await page.goto(`/errors/${id}`);
  await expect(page.getByRole("heading", { level: 1 })).toContainText(externalOrderId);
  await expect(page.getByText(/customerId is missing/).first()).toBeVisible();

  const repaired = original.replaceAll('"CustomerID":""', '"CustomerID":"17850"');
  await typePayload(page, repaired);
  await expect(page.getByRole("heading", { name: "It would become this order" })).toBeVisible();
  await page.reload();
  await expect(page.getByRole("heading", { name: "It would become this order" })).toBeVisible();
  await page.getByRole("button", { name: "Save and retry" }).click();
  await expect(page.getByRole("link", { name: "Open the order" })).toBeVisible();
  await page.getByRole("link", { name: "Open the order" }).click();
  await expect(page).toHaveURL(/\/orders\//);
  await expect(page.getByText(externalOrderId).first()).toBeVisible();

  const orderId = page.url().split("/").pop() ?? "";
  const order = await mesh.get<{ customerId?: string; rawPayload?: string }>(`/api/orders/${orderId}`);
  expect(order.customerId).toBe("17850");
  // Byte for byte what was typed.
  expect(decode(order.rawPayload)).toBe(repaired);
});

test("a whole group is fixed by rule, and all pages agree with the audit", async ({ page, request }) => {
  const mesh = new Mesh(request);
  const mark = `rule-${Date.now()}`;
  const count = 5;
  for (let number = 0; number < count; number += 1) {
    const line = {
      StockCode: "85123A",
      Quantity: "2",
      InvoiceDate: "01/12/2010 08:26",
      UnitPrice: "2.55",
    };
    const lines = [{ ...line, CustomerID: "", Country: mark }];
    await mesh.reject("retail-uk", { InvoiceNo: `${mark}-${number}`, lines });
  }

  await signIn(
    page,
    credentials().operator,
    `/errors?tab=list&partner=retail-uk&code=REQUIRED&field=customerId&text=${mark}`,
  );
  await expect(page.getByText(`${count} errors, last changed first`)).toBeVisible();
  await page.getByRole("button", { name: "Do with all" }).click();
  await page.getByRole("menuitem", { name: "Fix by rule" }).click();
  await expect(page.getByLabel("At this path")).toHaveValue("lines[].CustomerID");
  await page.getByLabel("To this value", { exact: true }).fill("99999");
  await page.getByRole("button", { name: "Preview" }).click();
  await expect(page.getByText(`${count} of ${count} errors would become orders`)).toBeVisible();
  await page.getByRole("button", { name: `Fix ${count} errors` }).dblclick();

  await expect(page).toHaveURL(/\/errors\/jobs\//);
  await expect(page.getByRole("heading", { level: 1 })).toContainText("Done");
  const jobId = page.url().split("/").pop() ?? "";
  const job = await mesh.get<{ resolved?: string; matched?: string }>(`/api/repair-jobs/${jobId}`);
  expect(job).toMatchObject({
    matched: String(count),
    resolved: String(count),
  });
  const { jobs = [] } = await mesh.get<{
    jobs?: { filter?: { text?: string } }[];
  }>("/api/repair-jobs?pageSize=50");
  expect(jobs.filter(({ filter }) => filter?.text === mark)).toHaveLength(1);
  await pagesAgreeWithAudit(page);
});

test("two operators edit the same error: the second is told loudly and loses nothing", async ({ browser, request }) => {
  const mesh = new Mesh(request);
  const { id } = await mesh.retailWithoutCustomer();
  const { rawPayload } = await mesh.get<{ rawPayload?: string }>(`/api/errors/${id}`);
  const withCustomer = (customer: string) =>
    decode(rawPayload).replaceAll('"CustomerID":""', `"CustomerID":"${customer}"`);

  const [first, second] = await Promise.all([browser.newPage(), browser.newPage()]);
  await signIn(first, credentials().operator, `/errors/${id}`);
  await signIn(second, credentials().operator, `/errors/${id}`);
  await typePayload(second, withCustomer("22222"));
  await expect(second.getByRole("heading", { name: "It would become this order" })).toBeVisible();

  await typePayload(first, withCustomer("11111"));
  await first.getByLabel("Why, for the history (optional)").fill("customer by phone");
  await first.getByRole("button", { name: "Save", exact: true }).click();
  await expect(first.getByText("Saved as an edit").first()).toBeVisible();

  const notice = second.getByRole("alert").filter({ hasText: "was changed while you edited it" });
  await expect(notice).toBeVisible();
  await expect(notice).toContainText("edited the payload");
  await expect(notice).toContainText("customer by phone");
  await expect(second.getByRole("button", { name: "Save and retry" })).toBeDisabled();
  await notice.getByRole("button", { name: "Compare" }).click();
  const compared = second.getByRole("dialog");
  await expect(compared).toContainText("11111");
  await expect(compared).toContainText("22222");
  await compared.getByRole("button", { name: "Close" }).click();

  await notice.getByRole("button", { name: "Keep my text, on the newest revision" }).click();
  await expect(notice).toBeHidden();
  await second.getByRole("button", { name: "Save and retry" }).click();
  await expect(second.getByRole("link", { name: "Open the order" })).toBeVisible();

  const { edits = [] } = await mesh.get<{ edits?: { rawPayload?: string }[] }>(`/api/errors/${id}/edits`);
  expect(edits.map((edit) => decode(edit.rawPayload))).toEqual([
    decode(rawPayload),
    withCustomer("11111"),
    withCustomer("22222"),
  ]);
  await Promise.all([first.close(), second.close()]);
});
