import { randomBytes } from "node:crypto";
import type { APIRequestContext, BrowserContext } from "@playwright/test";
import { credentials } from "./mesh";

/** Signs in before the first page is opened, as a kept session does. */
export async function signInAs(
  context: BrowserContext,
  kind: "token" | "key",
  secret: string,
): Promise<void> {
  const stored = JSON.stringify({ kind, secret });
  await context.addInitScript(
    (value) => sessionStorage.setItem("ordermesh.credential", value),
    stored,
  );
}

export const asOperator = (context: BrowserContext) =>
  signInAs(context, "token", credentials().operator);

/** The operator's own calls, beside the browser. */
export async function callApi<T = unknown>(
  request: APIRequestContext,
  method: "GET" | "POST" | "PATCH" | "DELETE",
  path: string,
  data?: unknown,
): Promise<T> {
  const headers = { Authorization: `Bearer ${credentials().operator}` };
  const response = await request.fetch(path, {
    method,
    headers,
    ...(data !== undefined && { data }),
  });
  if (!response.ok())
    throw new Error(
      `${method} ${path}: ${response.status()} ${await response.text()}`,
    );
  return (await response.json()) as T;
}

export const newPartnerId = () => `web-${randomBytes(4).toString("hex")}`;

export const MAPPING = `# A shop with several rows an order.
version: 1
fields:
  externalOrderId: id
  customerId: customer
  taxRate: vat
  currency: currency
  transactionTime: {from: at, date: iso8601}
lines:
  from: rows
  fields:
    productId: article
    quantity: {from: count, range: {above: 0}}
    unitPrice: {from: each, range: {above: 0}}
`;

export const filesOf = (mapping: string) => [
  { path: "mapping.yaml", content: Buffer.from(mapping).toString("base64") },
];

/** A partner of its own for a test that changes something. Partners are never removed: ids are random. */
export async function createPartner(
  request: APIRequestContext,
): Promise<string> {
  const partnerId = newPartnerId();
  const partner = { partnerId, name: "A shop made by a test" };
  await callApi(request, "POST", "/api/partners", {
    partner,
    files: filesOf(MAPPING),
    message: "The first mapping",
  });
  return partnerId;
}

export async function createKey(
  request: APIRequestContext,
  partnerId: string,
): Promise<string> {
  const made = await callApi<{ key: string }>(
    request,
    "POST",
    `/api/partners/${partnerId}/keys`,
    { label: "test" },
  );
  return made.key;
}
