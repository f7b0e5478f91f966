// Sends orders to a running mesh with the installed package: one alone, the same again, a bad one, and 1,000 over a
// stream.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { Code, ConnectError } from "@connectrpc/connect";
import { Verdict, ViolationCode, connect } from "@ordermesh/client";

const count = 1000;
const partnerId = "partner-b";
const baseUrl = `http://${process.env.ORDERMESH_ADDRESS}`;
const apiKey = readFileSync(process.env.ORDERMESH_KEY_FILE!, "utf8").trim();

const order = (number: number, quantity = 2) =>
  `{"order": {"ref": "${process.env.ORDERMESH_RUN}-typescript-${number}", "placedAt": "2026-01-15 10:30:00"},` +
  ` "buyer": {"id": "9001"},` +
  ` "items": [{"sku": "SKU-1", "qty": ${quantity}, "price": "10.50"}], "tax": {"ratePercent": 8}, "currency": "EUR"}`;

const ordermesh = connect({ baseUrl, apiKey, timeoutMs: 30_000 });
const first = await ordermesh.submit(partnerId, order(0));
assert.equal(Verdict[first.verdict], "CREATED");
const again = await ordermesh.submit(partnerId, order(0));
assert.deepEqual([Verdict[again.verdict], again.orderId], ["REPLAYED", first.orderId]);
const bad = await ordermesh.submit(partnerId, order(1, -1));
assert.equal(Verdict[bad.verdict], "REJECTED");
assert.deepEqual([bad.violations[0]?.field, bad.violations[0]?.code], ["quantity", ViolationCode.RANGE]);

async function* batches() {
  for (let from = 0; from < count; from += 250) {
    const orders = Array.from({ length: 250 }, (_, index) => ({
      tag: BigInt(from + index + 1),
      content: { case: "rawPayload" as const, value: new TextEncoder().encode(order(from + index)) },
    }));
    yield { partnerId, orders };
  }
}
const ids = new Map<bigint, string>();
for await (const answer of ordermesh.feed.streamOrders(batches())) {
  for (const { tag, result } of answer.results) {
    assert.equal(result.case, "verdict", String(tag));
    if (result.case === "verdict") ids.set(tag, result.value.orderId);
  }
}
assert.equal(ids.size, count);
assert.equal(ids.get(1n), first.orderId);
assert.equal(new Set(ids.values()).size, count);
const stored = await ordermesh.orders.getOrder({ id: ids.get(BigInt(count))! });
assert.equal(new TextDecoder().decode(stored.rawPayload), order(count - 1));

const wrong = connect({ baseUrl, apiKey: "omk_live_wrong" });
const isRefusal = (error: unknown) => error instanceof ConnectError && error.code === Code.Unauthenticated;
await assert.rejects(wrong.submit(partnerId, order(0)), isRefusal);
assert.throws(() => connect({ baseUrl }), TypeError);
console.log(`typescript: one order, one replay, one rejection, ${count} over a stream, a wrong key refused`);
