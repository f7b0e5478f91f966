import { expect, test } from "@playwright/test";
import { Mesh } from "./mesh";
import { asOperator } from "./partner-support";

interface Job {
  id: string;
  state: string;
}

test("jobs are filtered by their state, over all pages and in the address", async ({ page, context, request }) => {
  const mesh = new Mesh(request);
  const mark = `jobs-${Date.now()}`;
  for (let number = 0; number < 3; number += 1) {
    const line = { StockCode: "X", Quantity: "2", InvoiceDate: "01/12/2010 08:26", UnitPrice: "2.55" };
    const lines = [{ ...line, CustomerID: "", Country: mark }];
    await mesh.reject("retail-uk", { InvoiceNo: `${mark}-${number}`, lines });
  }
  const start = (requestId: string, rate: number) => {
    const filter = { partnerId: "retail-uk", text: mark };
    const action = { assign: { assignee: requestId } };
    return mesh.post<Job>("/api/repair-jobs", { requestId, filter, action, rate });
  };
  // One error a second: it has two left when it is cancelled.
  const cancelled = await start(`${mark}-a`, 1);
  await mesh.post(`/api/repair-jobs/${cancelled.id}/cancel`, {});
  const done = await start(`${mark}-b`, 500);
  await expect.poll(async () => (await mesh.get<Job>(`/api/repair-jobs/${done.id}`)).state).toBe("DONE");
  await expect.poll(async () => (await mesh.get<Job>(`/api/repair-jobs/${cancelled.id}`)).state).toBe("CANCELLED");

  // A job a page: what the filter finds must not end with the first of them.
  await page.route(/\/api\/repair-jobs\?/, (route) => {
    const url = new URL(route.request().url());
    url.searchParams.set("pageSize", "1");
    return route.continue({ url: url.href });
  });
  await asOperator(context);
  const row = ({ id }: Job) => page.getByRole("grid").locator(`a[href="/errors/jobs/${id}"]`);
  await page.goto("/errors?tab=jobs&job=cancelled");
  await expect(row(cancelled)).toBeVisible();
  await expect(row(done)).toHaveCount(0);
  const { jobs = [] } = await mesh.get<{ jobs?: Job[] }>("/api/repair-jobs?pageSize=1000");
  const of = (state: string) => jobs.filter((job) => job.state === state).length;
  await expect(page.getByText(`${of("CANCELLED")} of ${jobs.length} jobs`, { exact: true })).toBeVisible();

  const choice = page.getByRole("radiogroup", { name: "State" });
  await choice.getByRole("radio", { name: "Done" }).click();
  await expect(page).toHaveURL(/job=done/);
  await expect(row(done)).toBeVisible();
  await expect(row(cancelled)).toHaveCount(0);
  await choice.getByRole("radio", { name: "Under way" }).click();
  await expect(page.getByText("No job is under way")).toBeVisible();
  await page.getByRole("button", { name: "Show all jobs" }).click();
  await expect(page).not.toHaveURL(/job=/);
  await expect(row(done)).toBeVisible();
});
