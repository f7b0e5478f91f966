// Swagger 2 (protoc-gen-openapiv2) to the OpenAPI 3 document that the gateway serves.
// usage: node convert.mjs SWAGGER IMAGE PARTNERS VERSION OUT
import { readFileSync, writeFileSync } from 'node:fs';
import converter from 'swagger2openapi';
import { readExamples } from './examples.mjs';
import { patch } from './patch.mjs';
import { readRoutes } from './routes.mjs';

const [swaggerFile, imageFile, partnersFolder, version, outFile] = process.argv.slice(2);
if (!outFile) {
  console.error('usage: node convert.mjs SWAGGER IMAGE PARTNERS VERSION OUT');
  process.exit(2);
}
const swagger = JSON.parse(readFileSync(swaggerFile, 'utf8'));
const { openapi } = await converter.convertObj(swagger, { patch: true, warnOnly: false });
const document = patch(openapi, readRoutes(imageFile), readExamples(partnersFolder), version);
writeFileSync(outFile, `${JSON.stringify(document, null, 1)}\n`);
