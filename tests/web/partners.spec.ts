import { expect, test } from "@playwright/test";
import {
  asOperator,
  callApi,
  createPartner,
  filesOf,
  MAPPING,
  newPartnerId,
} from "./partner-support";

test.beforeEach(({ context }) => asOperator(context));

test("a partner is created with a config that the server checks while it is typed", async ({
  page,
}) => {
  const id = newPartnerId();
  await page.goto("/partners?create=yes");
  await page.getByLabel("Partner id").fill("partner-a");
  await expect(
    page.getByText("There is a partner with this id already."),
  ).toBeVisible();
  await page.getByLabel("Partner id").fill(id);
  await page.getByLabel("Name", { exact: true }).fill("A shop made by a test");
  await expect(
    page.getByText("The config compiles and all its examples pass."),
  ).toBeVisible();

  const editor = page.getByRole("textbox", { name: "mapping.yaml" });
  await editor.click();
  await page.keyboard.press("Control+End");
  await page.keyboard.type("nonsense: 1\n");
  await expect(
    page.getByRole("button", { name: /mapping\.yaml, line \d+/ }),
  ).toBeVisible();
  await expect(
    page.getByRole("button", { name: "Create the partner" }),
  ).toBeDisabled();
  // Undoing goes back by what was typed at a time.
  for (let step = 0; step < 4; step += 1)
    await page.keyboard.press("Control+z");
  await expect(
    page.getByText("The config compiles and all its examples pass."),
  ).toBeVisible();
  await page.getByRole("button", { name: "Create the partner" }).click();
  await expect(page.getByText("No keys yet")).toBeVisible();
  await expect(page).toHaveURL(new RegExp(`/partners/${id}\\?tab=keys`));
});

test("a key is shown once, and nowhere kept", async ({ page, request }) => {
  const id = await createPartner(request);
  await page.goto(`/partners/${id}?tab=keys`);
  await page.getByRole("button", { name: "New key" }).click();
  await page.getByLabel("Label").fill("first");
  await page.getByRole("button", { name: "Make the key" }).click();
  const shown = page.locator("[data-secret]");
  await expect(shown).toHaveText(/^omk_live_[0-9A-Za-z]{49}$/);
  const key = await shown.innerText();

  await expect(page.getByRole("button", { name: "Done" })).toBeDisabled();
  await page.keyboard.press("Escape");
  await expect(shown).toBeVisible();
  await page.getByLabel("I have put the key in a safe place").check();
  await page.getByRole("button", { name: "Done" }).click();
  await expect(shown).toBeHidden();

  const kept = () =>
    page.evaluate(
      () =>
        JSON.stringify({ ...sessionStorage, ...localStorage }) +
        document.documentElement.outerHTML,
    );
  expect(await kept()).not.toContain(key);
  expect(page.url()).not.toContain(key);
  await page.reload();
  await expect(page.getByText("1 of at most 2 live")).toBeVisible();
  expect(await kept()).not.toContain(key);
});

test("two live keys are the most: the page says so, and revoking names the key", async ({
  page,
  request,
}) => {
  const id = await createPartner(request);
  for (const label of ["old", "new"])
    await callApi(request, "POST", `/api/partners/${id}/keys`, { label });
  await page.goto(`/partners/${id}?tab=keys`);
  await expect(page.getByText("Two live keys are the most")).toBeVisible();
  await expect(page.getByRole("button", { name: "New key" })).toBeDisabled();
  await page.getByRole("button", { name: "Revoke old" }).click();
  await expect(page.getByRole("dialog")).toContainText('Revoke the key "old"');
  await page.getByRole("button", { name: 'Revoke "old"' }).click();
  await expect(page.getByText("1 of at most 2 live")).toBeVisible();
  await expect(page.getByRole("button", { name: "New key" })).toBeEnabled();
});

test("a config is edited, its difference read, and rolled back", async ({
  page,
  request,
}) => {
  const id = await createPartner(request);
  await page.goto(`/partners/${id}?tab=config`);
  await page.getByRole("link", { name: "New version" }).click();
  const editor = page.getByRole("textbox", { name: "mapping.yaml" });
  await editor.click();
  await page.keyboard.press("Control+End");
  await page.keyboard.type("unknown: reject\n");
  await expect(
    page.getByText("The config compiles and all its examples pass."),
  ).toBeVisible();
  const save = page.getByRole("button", { name: "Make it live" });
  await expect(save).toBeDisabled();
  await page
    .getByLabel("Message")
    .fill("Members that nobody expects are refused");
  await save.click();

  const changes = page.getByRole("region", { name: "Changes of mapping.yaml" });
  await expect(changes).toContainText("unknown: reject");
  await expect(page.getByRole("heading", { name: /Version 2/ })).toBeVisible();

  await page.getByRole("link", { name: /Version 1/ }).click();
  await page.getByRole("button", { name: "Roll back to this" }).click();
  const dialog = page.getByRole("dialog");
  await expect(
    dialog.getByRole("region", { name: "Changes of mapping.yaml" }),
  ).toContainText("removed: unknown: reject");
  await expect(
    dialog.getByRole("button", { name: "Roll back to version 1" }),
  ).toBeDisabled();
  await dialog.getByLabel("Why").fill("The shop still sends more members");
  await dialog.getByRole("button", { name: "Roll back to version 1" }).click();
  await expect(page.getByText("restores version 1").first()).toBeVisible();
  const partner = await callApi<{ configVersion: number }>(
    request,
    "GET",
    `/api/partners/${id}`,
  );
  expect(partner.configVersion).toBe(3);
});

test("a version made meanwhile is never replaced unseen", async ({
  page,
  request,
}) => {
  const id = await createPartner(request);
  await page.goto(`/partners/${id}?tab=config&edit=yes`);
  await page.getByRole("textbox", { name: "mapping.yaml" }).click();
  await page.keyboard.press("Control+End");
  await page.keyboard.type("unknown: reject\n");
  await page.getByLabel("Message").fill("Mine");
  await expect(
    page.getByRole("button", { name: "Make it live" }),
  ).toBeEnabled();
  const theirs = {
    files: filesOf(MAPPING.replace("# A shop", "# The shop")),
    message: "Theirs",
  };
  await callApi(request, "POST", `/api/partners/${id}/configs`, theirs);
  await page.getByRole("button", { name: "Make it live" }).click();
  await expect(page.getByRole("alert")).toContainText(
    "version 2 has become live meanwhile",
  );
  await expect(page.getByRole("alert")).toContainText("# The shop");
  await page
    .getByRole("button", { name: "Go on: mine will replace version 2" })
    .click();
  await page.getByRole("button", { name: "Make it live" }).click();
  await expect(page.getByRole("heading", { name: /Version 3/ })).toBeVisible();
});

test("settings that somebody else changed are not overwritten, and nothing typed is lost", async ({
  page,
  request,
}) => {
  const id = await createPartner(request);
  await page.goto(`/partners/${id}`);
  await page.getByLabel("Name").fill("Mine");
  await expect(page.getByText("Changed: name")).toBeVisible();
  await callApi(request, "PATCH", `/api/partners/${id}`, {
    name: "Theirs",
    errorTtlDays: 30,
  });
  await page.getByRole("button", { name: "Save the settings" }).click();
  const alert = page.getByRole("alert");
  await expect(alert).toContainText("somebody else has changed this partner");
  await expect(alert).toContainText("Theirs");
  await expect(page.getByLabel("Name")).toHaveValue("Mine");
  await page.getByRole("button", { name: "Keep my changes on top" }).click();
  await page.getByRole("button", { name: "Save the settings" }).click();
  await expect(page.getByRole("heading", { level: 1 })).toContainText("Mine");
  const partner = await callApi<{ name: string; errorTtlDays: number }>(
    request,
    "GET",
    `/api/partners/${id}`,
  );
  expect(partner).toMatchObject({ name: "Mine", errorTtlDays: 30 });
});

test("a partner is suspended and activated once its id is typed", async ({
  page,
  request,
}) => {
  const id = await createPartner(request);
  await page.goto(`/partners/${id}`);
  await page.getByRole("button", { name: "Suspend" }).click();
  await expect(
    page.getByRole("button", { name: "Suspend the partner" }),
  ).toBeDisabled();
  await page.getByLabel(`Type ${id} to confirm`).fill(id);
  await page.getByRole("button", { name: "Suspend the partner" }).click();
  await expect(page.getByRole("heading", { level: 1 })).toContainText(
    "Suspended",
  );
  await page.getByRole("button", { name: "Activate" }).click();
  await page.getByLabel(`Type ${id} to confirm`).fill(id);
  await page.getByRole("button", { name: "Activate the partner" }).click();
  await expect(page.getByRole("heading", { level: 1 })).toContainText("Active");
});

test("a viewer sees everything and is offered nothing to change", async ({
  page,
  request,
}) => {
  const id = await createPartner(request);
  await page.route("**/api/session", (route) =>
    route.fulfill({
      json: { role: "VIEWER", subject: "user:viewer", version: "test" },
    }),
  );
  await page.goto("/partners");
  await expect(page.getByRole("link", { name: id })).toBeVisible();
  await expect(page.getByRole("button", { name: "New partner" })).toHaveCount(
    0,
  );
  for (const [tab, there] of [
    ["settings", "An operator can change them"],
    ["config", "A version never changes"],
    ["keys", "No keys yet"],
  ] as const) {
    await page.goto(`/partners/${id}?tab=${tab}`);
    await expect(page.getByText(there)).toBeVisible();
    await expect(
      page.getByRole("button", {
        name: /Suspend|Save|New key|Revoke|Roll back/,
      }),
    ).toHaveCount(0);
    await expect(page.getByRole("link", { name: /New version/ })).toHaveCount(
      0,
    );
  }
});
