// Makes of the converted document the one that partners read: names, credentials, status codes, headers.
import * as shared from './components.mjs';
import { patchFeed } from './feed.mjs';

const TAGS = {
  FeedService: ['Feed', 'Sending orders. Sending the same order again is always safe.'],
  OrderService: ['Orders', 'Reading, counting and following orders.'],
  ErrorService: ['Errors', 'Reading, counting and following what was not created.'],
  ErrorReviewService: ['Review', 'Looking into one error, editing it, and sending it again.'],
  RepairService: ['Repair', 'Doing the same to many errors.'],
  PartnersService: ['Partners', 'Partners, their configs and their keys.'],
  GatewayService: ['Overview', 'Who is asking, how the mesh is doing, and all that is known of one order.'],
  Gateway: ['Gateway', 'What the gateway says of itself.'],
};

// schemaName NAME: the name of a message or enum for readers outside: without packages, nested ones with their owner.
export function schemaName(name) {
  const fixed = {
    'OrderError.Status': 'ErrorStatus', 'rpc.Status': 'Status', Code: 'ViolationCode', State: 'PartnerState',
    'Partner.State': 'PartnerState', 'RepairJob.State': 'RepairJobState',
  };
  return fixed[name] ?? name;
}

// renameSchemas DOCUMENT: gives every schema its short name; two of the same name are a fault.
export function renameSchemas(document) {
  const names = Object.keys(document.components.schemas);
  const short = names.map(schemaName);
  const twice = short.find((name, index) => short.indexOf(name) !== index);
  if (twice) throw new Error(`two schemas would be called ${twice}`);
  const text = JSON.stringify(document).replace(/"#\/components\/(schemas|requestBodies)\/([^"]+)"/g,
    (_, kind, name) => `"#/components/${kind}/${schemaName(name)}"`);
  const renamed = JSON.parse(text);
  for (const kind of ['schemas', 'requestBodies']) {
    renamed.components[kind] = Object.fromEntries(
      Object.entries(renamed.components[kind] ?? {}).map(([name, value]) => [schemaName(name), value]));
  }
  return renamed;
}

// splitSentences TEXT: the first sentence, and the rest, both without the line breaks of the proto.
export function splitSentences(text) {
  const joined = text.replace(/\s+/g, ' ').trim();
  const end = joined.search(/[.:;] (?=\S)/);
  if (end < 0) return [joined, ''];
  return [`${joined.slice(0, end)}.`, joined.slice(end + 2)];
}

// mergePaths PATHS: `{partner.partnerId}` and `{partnerId}` are one path to OpenAPI.
export function mergePaths(paths) {
  const merged = {};
  for (const [path, item] of Object.entries(paths)) {
    const simple = path.replace(/\{[^}]*\.([^}.]+)\}/g, '{$1}');
    for (const operation of Object.values(item)) {
      for (const each of operation.parameters ?? []) if (each.in === 'path') each.name = each.name.split('.').pop();
    }
    merged[simple] = { ...merged[simple], ...item };
  }
  return merged;
}

// visit NODE FUNCTION: calls FUNCTION with every object below NODE.
function visit(node, act) {
  if (node === null || typeof node !== 'object') return;
  if (!Array.isArray(node)) act(node);
  for (const child of Object.values(node)) visit(child, act);
}

// patchSchemas SCHEMAS: 64-bit integers are texts of digits; a reference has no siblings in OpenAPI 3.0.
export function patchSchemas(document) {
  visit(document, (node) => {
    if (node.type === 'string' && (node.format === 'int64' || node.format === 'uint64')) {
      node.pattern = node.format === 'int64' ? '^-?[0-9]{1,19}$' : '^[0-9]{1,20}$';
    }
    if (typeof node.description === 'string') node.description = node.description.replace(/(\S)\n(?=\S)/g, '$1 ');
    if (typeof node.$ref !== 'string') return;
    delete node.type;
    const { $ref, ...siblings } = node;
    if (Object.keys(siblings).length === 0) return;
    delete node.$ref;
    node.allOf = [{ $ref }];
  });
}

function patchOperation(operation, route) {
  const [summary, rest] = splitSentences(operation.summary ?? '');
  operation.summary = summary;
  operation.description = [rest, `Roles: ${route.roles.join(', ')}.`].filter(Boolean).join('\n\n');
  operation.operationId = route.name;
  operation.tags = [TAGS[route.service][0]];
  operation['x-ordermesh-roles'] = route.roles;
  operation.security = [...(route.roles.includes('PARTNER') ? [{ ApiKey: [] }] : []), { Bearer: [] }];
  operation.parameters ??= [];
  for (const { schema } of operation.parameters) {
    if (schema?.format === 'int32') schema.minimum = 0; // Sizes and versions.
  }
}

function patchRefusals(operation, route) {
  Object.assign(operation.responses, {
    400: shared.response('BadRequest'),
    401: shared.response('Unauthorized'),
    403: shared.response('Forbidden'),
    404: shared.response('NotFound'),
    429: shared.response('TooManyRequests'),
    503: shared.response('Unavailable'),
    default: shared.response('Failed'),
  });
  if (route.method !== 'get') operation.responses[409] = shared.response('Conflict');
  if (['post', 'patch'].includes(route.method)) operation.responses[413] = shared.response('TooLarge');
  operation.parameters.push(shared.parameter('RequestId'));
}

function patchRead(operation, route) {
  const success = operation.responses[200];
  success.description = route.name.startsWith('List') ? 'One page.' : 'What was asked for.';
  success.headers = { 'X-Request-Id': shared.header('X-Request-Id') };
  if (route.method !== 'get') {
    success.description = 'Done.';
    return;
  }
  success.headers.ETag = shared.header('ETag');
  operation.parameters.push(shared.parameter('IfNoneMatch'));
  operation.responses[304] = shared.response('NotModified');
  if (!route.name.endsWith('Stats')) return;
  success.headers['Cache-Control'] = shared.header('Cache-Control');
  operation.description += '\n\nMay be up to 5 minutes old; with `Cache-Control: no-cache` it is exact.';
  operation.parameters.push({
    name: 'Cache-Control',
    in: 'header',
    description: '`no-cache`: exact figures.',
    schema: { type: 'string', enum: ['no-cache'] },
  });
}

// patchLines OPERATION ROUTE: streams that end: an export is a file, a preview tells its progress.
function patchLines(operation, route) {
  const success = operation.responses[200];
  const line = Object.values(success.content)[0].schema;
  success.headers = { 'X-Request-Id': shared.header('X-Request-Id') };
  if (!route.name.startsWith('Export')) {
    success.description = 'Lines of JSON; the last one is complete.';
    success.content = { 'application/x-ndjson': { schema: line } };
    return;
  }
  const file = { schema: { type: 'string' } };
  success.description = 'A file. Where it breaks off so does the connection.';
  success.content = { 'text/csv': file, 'application/x-ndjson': file };
}

function patchWatch(operation) {
  const success = operation.responses[200];
  const line = Object.values(success.content)[0].schema;
  success.description = 'Lines of JSON, or events, until the client goes or the server drains.';
  success.headers = { 'X-Request-Id': shared.header('X-Request-Id') };
  success.content = {
    'application/x-ndjson': { schema: line },
    'text/event-stream': {
      schema: {
        type: 'string',
        description: 'Events `orders` or `errors`: `id` is the position to resume from, `data` a `result` of the lines.'
          + ' An event `error` carries a google.rpc.Status and is the last.',
      },
    },
  };
  operation.parameters.push(shared.parameter('LastEventId'));
  operation.description += '\n\n`Accept: text/event-stream` asks for Server-Sent Events; else the answer is NDJSON.';
}

function addGateway(paths) {
  const anything = { type: 'object', additionalProperties: true };
  const add = (path, operationId, summary, schema) => {
    const content = { 'application/json': { schema } };
    const headers = { 'X-Request-Id': shared.header('X-Request-Id') };
    const responses = { 200: { description: 'It answers.', headers, content }, default: shared.response('Failed') };
    paths[path] = { get: { operationId, summary, description: 'Public.', tags: ['Gateway'], security: [], responses } };
  };
  const health = shared.schema('Health');
  add('/api/health', 'GetHealth', 'Says whether the mesh takes orders, and how each service stands.', health);
  paths['/api/health'].get.responses[503] = {
    description: 'A service is away.',
    headers: { 'Retry-After': shared.header('Retry-After'), 'X-Request-Id': shared.header('X-Request-Id') },
    content: { 'application/json': { schema: shared.schema('Health') } },
  };
  add('/healthz', 'GetLiveness', 'Says that the gateway itself answers.', health);
  add('/openapi.json', 'GetOpenApi', 'Returns this document.', anything);
}

// patch DOCUMENT ROUTES EXAMPLES VERSION: the finished document. Every route of ROUTES must be in DOCUMENT.
export function patch(converted, routes, examples, version) {
  const document = renameSchemas(converted);
  document.paths = mergePaths(document.paths);
  document.security = [{ ApiKey: [] }, { Bearer: [] }];
  document.servers = [{ url: '/', description: 'This gateway.' }];
  document.info = info(version);
  document.tags = Object.values(TAGS).map(([name, description]) => ({ name, description }));
  for (const route of routes) {
    const operation = document.paths[route.path]?.[route.method];
    if (!operation) throw new Error(`no operation for ${route.method} ${route.path}`);
    patchOperation(operation, route);
    if (route.service === 'FeedService') continue;
    patchRefusals(operation, route);
    if (route.streaming && route.name.startsWith('Watch')) patchWatch(operation);
    else if (route.streaming) patchLines(operation, route);
    else patchRead(operation, route);
  }
  patchFeed(document.paths, examples);
  addGateway(document.paths);
  patchSchemas(document.components.schemas);
  patchSchemas(document.paths);
  const { headers, parameters, responses, securitySchemes } = shared;
  Object.assign(document.components, { headers, parameters, responses, securitySchemes });
  Object.assign(document.components.schemas, shared.schemas);
  dropUnused(document);
  return document;
}

// dropUnused DOCUMENT: removes schemas and bodies that nothing names any more.
function dropUnused(document) {
  const { components } = document;
  for (let dropped = true; dropped;) {
    dropped = false;
    const text = JSON.stringify(document);
    for (const kind of ['schemas', 'requestBodies']) {
      for (const name of Object.keys(components[kind] ?? {})) {
        if (text.includes(`"#/components/${kind}/${name}"`)) continue;
        delete components[kind][name];
        dropped = true;
      }
    }
  }
  if (Object.keys(components.requestBodies ?? {}).length === 0) delete components.requestBodies;
}

function info(version) {
  return {
    title: 'Ordermesh',
    version,
    description: [
      'Partners send orders, each in its own shape. Ordermesh turns every one of them into exactly one durable, typed',
      'order or one reviewable error, and says which.',
      '',
      '- Sending the same order again is always safe: the answer is REPLAYED with the first order\'s id.',
      '- Money is exact: decimal from the text of the payload to the answer. 64-bit integers are JSON strings.',
      '- A verdict is a result with a status code of its own; every other failure is a `google.rpc.Status`.',
      '- Every answer carries `X-Request-Id`. `traceparent` (W3C) is taken over.',
      '- 429 and 503 carry `Retry-After`.',
    ].join('\n'),
    contact: { name: 'Ordermesh' },
  };
}
