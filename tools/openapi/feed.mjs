// The feed's operations: the body is the partner's own JSON, and the verdict decides the status code.
import { batchOf } from './examples.mjs';
import { header, parameter, response, schema } from './components.mjs';

const ORDER_ID = '00a1b2c3-0000-8000-8000-000000000001';
const ERROR_ID = '00d4e5f6-0000-8000-8000-000000000001';
const differs = { field: 'quantity', line: 1, code: 'DIFFERS', message: 'The stored order has 5.', value: '6' };
const range = { field: 'quantity', line: 1, code: 'RANGE', message: 'Must be above 0.', value: '-1' };
const unreadable = { code: 'UNREADABLE', message: 'The payload is not one JSON object.' };

// What is empty is left out, as in every answer.
const verdict = (name, orderId, errorId, ...violations) => ({
  verdict: name,
  ...(orderId && { orderId }),
  ...(errorId && { errorId }),
  ...(violations.length && { violations }),
});

const answerHeaders = (...more) =>
  Object.fromEntries(['X-Request-Id', 'Idempotency-Key', ...more].map((name) => [name, header(name)]));

function answer(description, example, ...more) {
  return {
    description,
    headers: answerHeaders(...more),
    content: { 'application/json': { schema: schema('OrderVerdict'), example } },
  };
}

const refusals = {
  401: response('Unauthorized'),
  403: response('Forbidden'),
  404: response('NotFound'),
  413: response('TooLarge'),
  429: response('TooManyRequests'),
  503: response('Unavailable'),
  default: response('Failed'),
};

const oneOrder = {
  200: answer('REPLAYED: the order is known with the same content.', verdict('REPLAYED', ORDER_ID, ''), 'Location'),
  201: answer('CREATED: the order is durable.', verdict('CREATED', ORDER_ID, ''), 'Location'),
  400: {
    description: 'REJECTED because the body is unreadable (code UNREADABLE), with an error id; or a malformed request.',
    headers: answerHeaders(),
    content: {
      'application/json': {
        schema: { anyOf: [schema('OrderVerdict'), schema('Status')] },
        example: verdict('REJECTED', '', ERROR_ID, unreadable),
      },
    },
  },
  409: answer(
    'CONFLICT: the external order id is held by another order; or SEQUENCE_REUSED: the sequence number is.',
    verdict('CONFLICT', ORDER_ID, ERROR_ID, differs),
  ),
  422: answer("REJECTED: the order breaks the partner's rules; every violation is listed.",
    verdict('REJECTED', '', ERROR_ID, range)),
  ...refusals,
};

function bodyOf(schemaName, examples) {
  return { required: true, content: { 'application/json': { schema: schema(schemaName), examples } } };
}

function writeOne(operation, examples) {
  operation.requestBody = bodyOf('Payload', examples);
  operation.responses = { ...oneOrder };
  delete operation['x-codegen-request-body-name'];
}

function writeBatch(operation, examples) {
  const partners = ['partner-a', 'partner-b'];
  const batches = Object.fromEntries(partners.map((partner) => [partner, batchOf(examples, partner)]));
  operation.requestBody = bodyOf('PayloadBatch', batches);
  operation.responses = {
    200: {
      description: 'A verdict for every order, in the order sent.',
      headers: answerHeaders(),
      content: { 'application/json': { schema: schema('BatchSubmitOrdersResponse') } },
    },
    400: response('BadRequest'),
    ...refusals,
  };
  delete operation['x-codegen-request-body-name'];
}

// patchFeed PATHS EXAMPLES: writes the three feed operations; `/api/feed` is a copy of the one by path.
export function patchFeed(paths, examples) {
  const one = paths['/api/feed/{partnerId}'].post;
  const batch = paths['/api/feed/{partnerId}/batch'].post;
  for (const operation of [one, batch]) {
    operation.parameters.push(parameter('RequestId'), parameter('IdempotencyKey'));
    operation.parameters.find((each) => each.name === 'partnerId').example = 'partner-a';
  }
  writeOne(one, examples);
  writeBatch(batch, examples);
  paths['/api/feed'] = {
    post: {
      ...one,
      operationId: 'SubmitOrderByHeader',
      summary: 'Submits one order of the partner that a header names.',
      parameters: [parameter('PartnerId'), ...one.parameters.filter((each) => each.in !== 'path')],
    },
  };
}
