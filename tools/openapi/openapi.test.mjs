// Holds the served document and the descriptors to each other: a route is in both or in neither (S11 of the threat
// model).
// usage: node --test tools/openapi/openapi.test.mjs    (after tools/openapi/build)
import assert from 'node:assert/strict';
import { existsSync, readFileSync, readdirSync } from 'node:fs';
import path from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { UNDECLARED, readRoutes, toOpenApiPath } from './routes.mjs';
import { readExamples } from './examples.mjs';
import { mergePaths, schemaName, splitSentences } from './patch.mjs';

const project = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '../..');
const web = path.join(project, 'services/gateway/web/generated');
const document = JSON.parse(readFileSync(path.join(web, 'openapi.json'), 'utf8'));
const routes = readRoutes(path.join(project, 'build/openapi/image.json'));
const operations = Object.entries(document.paths).flatMap(([route, item]) =>
  Object.entries(item).map(([method, operation]) => ({ key: `${method} ${route}`, operation })));
const operationOf = (key) => operations.find((each) => each.key === key).operation;
const resolve = (node) => (node.$ref ? node.$ref.slice(2).split('/').reduce((at, step) => at[step], document) : node);

test('every route of the descriptors is in the document, and no other but those the gateway adds', () => {
  const declared = [...routes, ...UNDECLARED].map(({ method, path: route }) => `${method} ${route}`);
  assert.deepEqual(operations.map(({ key }) => key).sort(), declared.sort());
});

test('every operation says who may call it', () => {
  for (const route of routes) {
    const operation = operationOf(`${route.method} ${route.path}`);
    assert.deepEqual(operation['x-ordermesh-roles'], route.roles, operation.operationId);
    const schemes = operation.security.flatMap(Object.keys);
    assert.equal(schemes.includes('ApiKey'), route.roles.includes('PARTNER'), operation.operationId);
    assert.ok(schemes.includes('Bearer'), operation.operationId);
    for (const code of [401, 403, 429, 503]) assert.ok(operation.responses[code], `${operation.operationId} ${code}`);
  }
});

test('only the gateway about itself is public', () => {
  const open = operations.filter(({ operation }) => operation.security?.length === 0).map(({ key }) => key);
  assert.deepEqual(open.sort(), ['get /api/health', 'get /healthz', 'get /openapi.json']);
});

test('one order has the status codes of the contract, and Retry-After where it says so', () => {
  for (const key of ['post /api/feed/{partnerId}', 'post /api/feed']) {
    const { responses } = operationOf(key);
    const codes = ['200', '201', '400', '401', '403', '404', '409', '413', '422', '429', '503', 'default'];
    assert.deepEqual(Object.keys(responses).sort(), codes);
    for (const code of [200, 201, 409, 422]) {
      assert.equal(responses[code].content['application/json'].schema.$ref, '#/components/schemas/OrderVerdict');
    }
    for (const code of [429, 503]) assert.ok(resolve(responses[code]).headers['Retry-After'], `${key} ${code}`);
  }
});

test('the feed shows what partner-a and partner-b send', () => {
  const { examples } = operationOf('post /api/feed/{partnerId}').requestBody.content['application/json'];
  assert.deepEqual(examples, readExamples(path.join(project, 'config/partners')));
  assert.equal(examples['partner-a-worked-sample'].value.unitPrice, 29.99);
});

test('64-bit integers are texts', () => {
  const { schemas } = document.components;
  assert.equal(schemas.Order.properties.sequenceNumber.type, 'string');
  assert.equal(schemas.OrderStats.properties.totalCount.type, 'string');
  assert.equal(schemas.Money.properties.units.type, 'string');
});

test('every stream offers lines and events, with a position to resume from', () => {
  for (const key of ['get /api/orders/watch', 'get /api/errors/watch']) {
    const operation = operationOf(key);
    assert.deepEqual(Object.keys(operation.responses[200].content), ['application/x-ndjson', 'text/event-stream']);
    assert.ok(operation.parameters.some((each) => resolve(each).name === 'Last-Event-ID'), key);
  }
});

test('the pages load nothing from elsewhere and run no inline script or style', () => {
  const pages = ['dashboard/index.html', 'docs/index.html'].map((page) => path.join(web, page));
  for (const page of pages) {
    const html = readFileSync(page, 'utf8');
    assert.doesNotMatch(html, /(?:src|href|action)\s*=\s*["']?(?:https?:)?\/\//i, page);
    assert.doesNotMatch(html, /<script(?![^>]*\bsrc=)|<style|\sstyle=|\son[a-z]+=/i, page);
    const root = page.includes('dashboard') ? path.join(web, 'dashboard') : web;
    for (const [, file] of html.matchAll(/(?:src|href)="\/([^"]+\.[a-z]+)"/g)) {
      assert.ok(existsSync(path.join(root, file)), `${page} names ${file}`);
    }
  }
  assert.ok(!readdirSync(path.join(web, 'docs')).some((file) => file.endsWith('.map')));
});

test('a path template becomes what OpenAPI writes', () => {
  assert.equal(toOpenApiPath('/api/partners/{partner.partner_id}/x/{key_id=*}'), '/api/partners/{partnerId}/x/{keyId}');
});

test('paths that differ in the name of a parameter only are merged', () => {
  const get = { parameters: [{ in: 'path', name: 'id' }] };
  const patch = { parameters: [{ in: 'path', name: 'thing.id' }] };
  assert.deepEqual(mergePaths({ '/x/{id}': { get }, '/x/{thing.id}': { patch } }), { '/x/{id}': { get, patch } });
  assert.equal(patch.parameters[0].name, 'id');
});

test('a comment becomes a summary and a description', () => {
  const comment = 'Says a thing\nin two lines. NOT_FOUND: never.';
  assert.deepEqual(splitSentences(comment), ['Says a thing in two lines.', 'NOT_FOUND: never.']);
  assert.deepEqual(splitSentences('One sentence.'), ['One sentence.', '']);
});

test('schemas are called as readers outside know them', () => {
  assert.deepEqual(['Order', 'rpc.Status', 'Code'].map(schemaName), ['Order', 'Status', 'ViolationCode']);
});
