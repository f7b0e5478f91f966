import { readFileSync } from "node:fs";
import { Verdict, connect } from "@ordermesh/client";

const apiKey = readFileSync(process.env.ORDERMESH_KEY_FILE!, "utf8").trim();
const ordermesh = connect({ baseUrl: `http://${process.env.ORDERMESH_ADDRESS}`, apiKey });

const verdict = await ordermesh.submit("partner-b", readFileSync("order.json"));
console.log(Verdict[verdict.verdict], verdict.orderId || verdict.violations);
