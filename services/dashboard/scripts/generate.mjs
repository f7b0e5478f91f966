// Writes src/api/schema.d.ts, the types of every route, from the API document that tools/openapi/build makes.
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import openapiTS, { astToString } from "openapi-typescript";

const document = process.env.ORDERMESH_OPENAPI ?? "../gateway/web/generated/openapi.json";
const source = new URL(document, new URL("../", import.meta.url));
const target = new URL("../src/api/schema.d.ts", import.meta.url);

if (!existsSync(source)) {
  console.error(`${fileURLToPath(source)} is missing: run tools/openapi/build first.`);
  process.exit(1);
}

const text = astToString(await openapiTS(JSON.parse(readFileSync(source, "utf8")), { alphabetize: true }));
// An unchanged file keeps its time, so that nothing is rebuilt for it.
if (!existsSync(target) || readFileSync(target, "utf8") !== text) writeFileSync(target, text);
