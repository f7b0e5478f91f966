// What the operations share and no proto says: headers, parameters, refusals, credentials.

const ref = (kind, name) => ({ $ref: `#/components/${kind}/${name}` });
export const header = (name) => ref('headers', name);
export const parameter = (name) => ref('parameters', name);
export const response = (name) => ref('responses', name);
export const schema = (name) => ref('schemas', name);

export const securitySchemes = {
  ApiKey: {
    type: 'apiKey',
    in: 'header',
    name: 'X-API-Key',
    description: "A partner's key: `omk_live_` and 49 characters, shown once. It reaches that partner's data only.",
  },
  Bearer: {
    type: 'http',
    scheme: 'bearer',
    bearerFormat: 'JWT',
    description: 'A token for people and machines of the operator, with one of the roles viewer, operator and admin.',
  },
};

export const headers = {
  'X-Request-Id': {
    description: "The request's id: the caller's own where it sent a fit one, else a new one. Logs name it.",
    schema: { type: 'string' },
  },
  'Idempotency-Key': {
    description: "Echoed where it was sent. The order's own identities decide what is a replay, not this header.",
    schema: { type: 'string' },
  },
  Location: {
    description: 'Where the order that is meant can be read.',
    schema: { type: 'string', format: 'uri-reference' },
  },
  ETag: { description: 'Changes with the content: send it back as If-None-Match.', schema: { type: 'string' } },
  'Retry-After': {
    description: 'Seconds to wait before sending again. Sending the same order again is always safe.',
    schema: { type: 'integer', minimum: 1 },
  },
  'Cache-Control': { description: 'How long the answer may be kept.', schema: { type: 'string' } },
  'WWW-Authenticate': { description: 'The two ways to log in: ApiKey and Bearer.', schema: { type: 'string' } },
};

export const parameters = {
  RequestId: {
    name: 'X-Request-Id',
    in: 'header',
    description: 'An id of your choice for this request, echoed and logged.',
    schema: { type: 'string' },
  },
  IdempotencyKey: {
    name: 'Idempotency-Key',
    in: 'header',
    description: "Echoed and logged. Not needed: the order's own identities make sending it again safe.",
    schema: { type: 'string' },
  },
  IfNoneMatch: {
    name: 'If-None-Match',
    in: 'header',
    description: 'The ETag of an earlier answer: 304 without a body where nothing has changed.',
    schema: { type: 'string' },
  },
  LastEventId: {
    name: 'Last-Event-ID',
    in: 'header',
    description: 'The position of the last event that was seen: the stream goes on after it. Browsers send it.',
    schema: { type: 'string', pattern: '^[0-9]{1,19}$' },
  },
  PartnerId: {
    name: 'X-Partner-Id',
    in: 'header',
    description: "The partner that sends the order; a key's own partner where it is not given.",
    schema: { type: 'string', minLength: 1, maxLength: 64 },
    example: 'partner-a',
  },
};

// refusal CODE REASON MESSAGE: an example of google.rpc.Status with its ErrorInfo.
function refusal(code, reason, message) {
  return {
    code,
    message,
    details: [{ '@type': 'type.googleapis.com/google.rpc.ErrorInfo', reason, domain: 'ordermesh' }],
  };
}

function refused(description, example, more = []) {
  const names = ['X-Request-Id', ...more];
  return {
    description,
    headers: Object.fromEntries(names.map((name) => [name, header(name)])),
    content: { 'application/json': { schema: schema('Status'), ...(example ? { example } : {}) } },
  };
}

export const responses = {
  BadRequest: refused(
    'The request is malformed, or the partner not ready for it (INVALID_ARGUMENT, FAILED_PRECONDITION, OUT_OF_RANGE).',
  ),
  Unauthorized: refused(
    'No credential, or one that is unknown, expired or revoked.',
    refusal(16, 'UNAUTHENTICATED', 'A valid API key or token is needed.'),
    ['WWW-Authenticate'],
  ),
  Forbidden: refused(
    "The credential's role may not do this, or the path, a filter or the request names a partner that is not its own.",
    refusal(7, 'NOT_YOUR_PARTNER', 'The credential belongs to another partner.'),
  ),
  NotFound: refused('There is no such object; one of another partner looks exactly the same.'),
  Conflict: refused('It exists already (ALREADY_EXISTS), or has changed since it was read (ABORTED).'),
  TooLarge: refused('An order is at most 1 MiB, a batch 8 MiB or 10,000 orders.'),
  TooManyRequests: refused(
    "The partner's limit of orders or the key's limit of reads is used up, or the mesh is full.",
    refusal(8, 'RATE_LIMITED', 'The limit of orders is used up.'),
    ['Retry-After'],
  ),
  Unavailable: refused(
    'No answer could be had in time. The outcome of an order may be unknown; sending it again is safe.',
    undefined,
    ['Retry-After'],
  ),
  NotModified: {
    description: 'Nothing has changed since the answer with that ETag.',
    headers: { ETag: header('ETag'), 'X-Request-Id': header('X-Request-Id') },
  },
  Failed: refused('Any other failure.'),
};

export const schemas = {
  Health: {
    type: 'object',
    properties: {
      status: { $ref: '#/components/schemas/ServingStatus' },
      services: {
        type: 'object',
        description: 'Each service that the gateway calls.',
        additionalProperties: { $ref: '#/components/schemas/ServingStatus' },
      },
    },
  },
  ServingStatus: { type: 'string', description: 'SERVING, or NOT_SERVING or UNKNOWN while orders may not be taken.' },
  Payload: {
    type: 'object',
    description: "The partner's own JSON, kept byte for byte: one object in UTF-8, in the shape that its config says.",
    additionalProperties: true,
  },
  PayloadBatch: { type: 'array', minItems: 1, maxItems: 10000, items: { $ref: '#/components/schemas/Payload' } },
};
