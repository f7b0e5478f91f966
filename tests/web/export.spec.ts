import { readFileSync } from "node:fs";
import { createServer, connect, type Server, type Socket } from "node:net";
import { expect, type Page, test } from "@playwright/test";
import { credentials, Mesh, signIn } from "./mesh";
import { asOperator } from "./partner-support";
import { gatewayFlags, pidOf, SecondGateway } from "./second-gateway";

interface Money {
  units?: string;
  nanos?: number;
}

interface Order {
  id: string;
  partnerId: string;
  externalOrderId: string;
  sequenceNumber?: string;
  customerId?: string;
  currency?: string;
  grossAmount?: Money;
  taxAmount?: Money;
  netAmount?: Money;
  taxRate?: string;
  transactionTime?: string;
  receivedTime?: string;
  processedAt?: string;
  lines?: { productId: string; quantity: string; unitPrice?: Money }[];
}

interface OrderError {
  id: string;
  partnerId: string;
  kind: string;
  status: string;
  externalOrderId?: string;
  receivedTime?: string;
  updateTime?: string;
  assignee?: string;
  tags?: string[];
  violations?: { code: string; field: string; line?: number }[];
  orderId?: string;
  resolvedOrderId?: string;
  edits?: number;
  retries?: number;
  discardReason?: string;
}

/** Units and billionths as one decimal: "-0.05", "12", "7.5". */
function decimal({ units = "0", nanos = 0 }: Money = {}): string {
  const sign = units.startsWith("-") || nanos < 0 ? "-" : "";
  const fraction = String(Math.abs(nanos)).padStart(9, "0").replace(/0+$/, "");
  return `${sign}${units.replace("-", "")}${fraction && `.${fraction}`}`;
}

/** What a spreadsheet would take for a formula has a quote before it. */
const guarded = (text = "") => (/^[=+\-@\t\r]/.test(text) ? `'${text}` : text);

function orderRow(order: Order): string[] {
  const lines = order.lines ?? [];
  return [
    order.id,
    order.partnerId,
    guarded(order.externalOrderId),
    order.sequenceNumber ?? "",
    order.customerId ?? "",
    order.currency ?? "",
    decimal(order.grossAmount),
    decimal(order.taxAmount),
    decimal(order.netAmount),
    order.taxRate ?? "",
    order.transactionTime ?? "",
    order.receivedTime ?? "",
    order.processedAt ?? "",
    String(lines.length),
    lines.map(({ productId, quantity, unitPrice }) => `${productId} x ${quantity} @ ${decimal(unitPrice)}`).join("; "),
  ];
}

function errorRow(error: OrderError): string[] {
  const violations = (error.violations ?? []).map(
    ({ code, field, line }) => `${code} ${field}${line ? ` (line ${line})` : ""}`,
  );
  return [
    error.id,
    error.partnerId,
    error.kind,
    error.status,
    guarded(error.externalOrderId),
    error.receivedTime ?? "",
    error.updateTime ?? "",
    error.assignee ?? "",
    (error.tags ?? []).join(" "),
    violations.join("; "),
    error.orderId ?? "",
    error.resolvedOrderId ?? "",
    String(error.edits ?? 0),
    String(error.retries ?? 0),
    error.discardReason ?? "",
  ];
}

/** RFC 4180, as a spreadsheet reads it. */
function parseCsv(text: string): string[][] {
  const rows: string[][] = [];
  let row: string[] = [];
  for (const [, quoted, plain = "", end] of text.matchAll(/(?:"((?:[^"]|"")*)"|([^",\r\n]*))(,|\r?\n)/g)) {
    row.push(quoted?.replaceAll('""', '"') ?? plain);
    if (end !== ",") {
      rows.push(row);
      row = [];
    }
  }
  return rows;
}

/** Every row that the API lists, over all pages. */
async function listed<T>(mesh: Mesh, path: string, of: "orders" | "errors"): Promise<T[]> {
  const rows: T[] = [];
  let token = "";
  do {
    const page = await mesh.get<Partial<Record<"orders" | "errors", T[]>> & { nextPageToken?: string }>(
      `${path}&pageSize=300${token && `&pageToken=${encodeURIComponent(token)}`}`,
    );
    rows.push(...(page[of] ?? []));
    token = page.nextPageToken ?? "";
  } while (token);
  return rows;
}

/** Choosing a file needs a person; without the picker a file is gathered and saved as a download. */
const withoutPicker = (page: Page) => page.addInitScript(() => Reflect.deleteProperty(window, "showSaveFilePicker"));

/** The picker chooses a file of the browser's own; how it is written and given up is the browser's. */
const withPicker = (page: Page) =>
  page.addInitScript(() => {
    Object.assign(window, {
      async showSaveFilePicker({ suggestedName }: { suggestedName: string }) {
        const folder = await navigator.storage.getDirectory();
        return folder.getFileHandle(suggestedName, { create: true });
      },
    });
  });

const chosenFile = (page: Page, name: string) =>
  page.evaluate(async (file) => {
    const folder = await navigator.storage.getDirectory();
    return (await (await folder.getFileHandle(file)).getFile()).text();
  }, name);

async function choose(page: Page, format: "CSV" | "NDJSON"): Promise<void> {
  await page.getByRole("button", { name: "Export" }).click();
  await page.getByRole("menuitem", { name: new RegExp(`^${format}`) }).click();
}

async function download(page: Page, format: "CSV" | "NDJSON", name: string): Promise<string> {
  const saved = page.waitForEvent("download");
  await choose(page, format);
  const file = await saved;
  expect(file.suggestedFilename()).toBe(name);
  return readFileSync(await file.path(), "utf8");
}

const linesOf = (text: string) => text.split("\n").slice(0, -1);

test("orders are saved as the filters show them, digit by digit", async ({ page, request }) => {
  const mesh = new Mesh(request);
  // Text that CSV has to quote, and a price that no double holds.
  const line = { StockCode: "8,5;1", Quantity: "3", InvoiceDate: "01/12/2010 08:26", UnitPrice: "0.1000001" };
  const number = `E"${Date.now()}", =1+1`;
  const sent = { InvoiceNo: number, lines: [{ ...line, CustomerID: "17850", Country: "France" }] };
  await mesh.post("/api/feed/retail-uk", sent);
  const day = "from=2010-12-01T00:00:00Z&to=2010-12-02T00:00:00Z";
  const rows = await listed<Order>(mesh, `/api/orders?partnerId=retail-uk&${day}`, "orders");
  expect(rows.length).toBeGreaterThan(50);
  expect(rows.find(({ externalOrderId }) => externalOrderId === number)?.lines?.[0]).toMatchObject({
    productId: "8,5;1",
    unitPrice: { nanos: 100000100 },
  });

  await withoutPicker(page);
  await signIn(page, credentials().operator, `/orders?partner=retail-uk&${day}`);
  await expect(page.getByRole("grid")).toBeVisible();
  const csv = parseCsv(await download(page, "CSV", "orders.csv"));
  expect(csv[0]).toEqual([
    ...["id", "partnerId", "externalOrderId", "sequenceNumber", "customerId", "currency"],
    ...["grossAmount", "taxAmount", "netAmount", "taxRate"],
    ...["transactionTime", "receivedTime", "processedAt", "lineCount", "lines"],
  ]);
  expect(csv.slice(1)).toEqual(rows.map(orderRow));
  const ndjson = linesOf(await download(page, "NDJSON", "orders.ndjson")).map((text) => JSON.parse(text) as Order);
  expect(ndjson).toEqual(rows);
});

test("errors are saved as the filters show them", async ({ page, request }) => {
  const mesh = new Mesh(request);
  const line = { StockCode: "X", Quantity: "2", InvoiceDate: "01/12/2010 08:26", UnitPrice: "2.55" };
  const { id, revision } = await mesh.reject("retail-uk", {
    InvoiceNo: `=E"${Date.now()}",`,
    lines: [{ ...line, CustomerID: "", Country: "France" }],
  });
  await mesh.post(`/api/errors/${id}/tags`, { revision, add: ["by-phone", "urgent"] });
  const filter = "code=REQUIRED&field=customerId&status=OPEN";
  const rows = await listed<OrderError>(mesh, `/api/errors?partnerId=retail-uk&${filter}`, "errors");
  expect(rows.length).toBeGreaterThan(10);
  expect(rows.find((row) => row.id === id)?.tags).toEqual(["by-phone", "urgent"]);

  await withoutPicker(page);
  await signIn(page, credentials().operator, `/errors?tab=list&partner=retail-uk&${filter}`);
  await expect(page.getByRole("grid")).toBeVisible();
  const csv = parseCsv(await download(page, "CSV", "errors.csv"));
  expect(csv[0]).toEqual([
    ...["id", "partnerId", "kind", "status", "externalOrderId", "receivedTime", "updateTime", "assignee", "tags"],
    ...["violations", "orderId", "resolvedOrderId", "edits", "retries", "discardReason"],
  ]);
  expect(csv.slice(1)).toEqual(rows.map(errorRow));
  const ndjson = linesOf(await download(page, "NDJSON", "errors.ndjson")).map(
    (text) => JSON.parse(text) as OrderError,
  );
  expect(ndjson).toEqual(rows);
});

test("a file that was chosen on the disk gets the same bytes", async ({ page, context, request }) => {
  await asOperator(context);
  await withPicker(page);
  await page.goto("/orders?partner=partner-a");
  await choose(page, "NDJSON");
  const headers = { Authorization: `Bearer ${credentials().operator}` };
  const direct = await request.get("/api/orders/export?partnerId=partner-a&format=NDJSON", { headers });
  const whole = await direct.text();
  expect(linesOf(whole).length).toBeGreaterThan(20);
  await expect.poll(() => chosenFile(page, "orders.ndjson").catch(() => undefined)).toBe(whole);
});

/** Stands between a gateway and the order-store, and lets only so much through once it is told to. */
class Valve {
  private left = Number.POSITIVE_INFINITY;
  private readonly sockets = new Set<Socket>();
  private server: Server | undefined;
  /** Called once, when the valve closes. */
  private onClosed: () => void = () => undefined;

  async listen(target: string): Promise<string> {
    const [host = "", port = ""] = target.split(":");
    this.server = createServer((client) => {
      const store = connect(Number(port), host);
      for (const socket of [client, store]) {
        this.sockets.add(socket);
        socket.on("error", () => undefined);
      }
      client.pipe(store);
      store.on("data", (chunk: Buffer) => this.pass(chunk, client));
      store.on("close", () => client.destroy());
      client.on("close", () => store.destroy());
    });
    await new Promise<void>((resolve) => this.server?.listen(0, "127.0.0.1", resolve));
    return `127.0.0.1:${(this.server.address() as { port: number }).port}`;
  }

  private pass(chunk: Buffer, client: Socket): void {
    if (this.left <= 0) return;
    client.write(chunk.subarray(0, Math.min(chunk.length, this.left)));
    this.left -= chunk.length;
    if (this.left <= 0) this.onClosed();
  }

  closeAfter(bytes: number): Promise<void> {
    this.left = bytes;
    return new Promise((resolve) => {
      this.onClosed = resolve;
    });
  }

  async close(): Promise<void> {
    for (const socket of this.sockets) socket.destroy();
    await new Promise((resolve) => this.server?.close(resolve));
  }
}

test("an export whose store dies in the middle is no file", async ({ page, context, request }) => {
  const valve = new Valve();
  const store = await valve.listen(gatewayFlags().flags.get("--order_store") ?? "");
  const gateway = await SecondGateway.start({ order_store: store });
  try {
    await asOperator(context);
    await withPicker(page);
    await page.goto(`${gateway.origin}/orders?partner=retail-uk`);
    await expect(page.getByRole("grid")).toBeVisible();
    // The last of it never comes: the store dies while the answer is under way.
    const closed = valve.closeAfter(30_000);
    await choose(page, "NDJSON");
    await closed;
    process.kill(pidOf("order-store"), "SIGKILL");
    const notice = page.getByRole("dialog", { name: "The export was not saved" });
    await expect(notice).toContainText("a part of it would look like the whole");
    await expect(notice).toContainText(/The answer broke off before its end\.|No answer in time/);
    await expect(page.getByText(/saved as NDJSON/)).toHaveCount(0);
    expect(await chosenFile(page, "orders.ndjson")).toBe("");
    await expect(async () => {
      await new Mesh(request).get("/api/orders?partnerId=retail-uk&pageSize=1");
    }).toPass({ timeout: 30_000 });
  } finally {
    await gateway.stop();
    await valve.close();
  }
});
