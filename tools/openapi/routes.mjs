// The REST routes and their access rules, read from the descriptors (`buf build -o image.json`). The only list of
// routes that is written by hand is UNDECLARED: what the gateway serves beside the protos.
import { readFileSync } from 'node:fs';

// Routes that stand in no proto. All but the feed by header are public.
export const UNDECLARED = [
  { method: 'post', path: '/api/feed', name: 'SubmitOrderByHeader', like: 'SubmitOrder' },
  { method: 'get', path: '/api/health', name: 'GetHealth' },
  { method: 'get', path: '/healthz', name: 'GetLiveness' },
  { method: 'get', path: '/openapi.json', name: 'GetOpenApi' },
];

// toJsonName: `partner.partner_id` -> `partnerId`: the last field of the path, in lowerCamelCase.
export function toJsonName(fieldPath) {
  return fieldPath.split('.').pop().replace(/_([a-z0-9])/g, (_, letter) => letter.toUpperCase());
}

// toOpenApiPath: the template of google.api.http as OpenAPI writes it.
export function toOpenApiPath(template) {
  return template.replace(/\{([^}=]+)[^}]*\}/g, (_, field) => `{${toJsonName(field)}}`);
}

function bindingsOf(rule) {
  return [rule, ...(rule.additionalBindings ?? [])].map((binding) => {
    const method = ['get', 'put', 'post', 'delete', 'patch'].find((verb) => binding[verb]);
    if (!method) throw new Error(`a binding without a verb: ${JSON.stringify(binding)}`);
    return { method, path: toOpenApiPath(binding[method]) };
  });
}

// readRoutes IMAGE: every REST route of the descriptors as {method, path, service, name, roles, query, streaming}.
export function readRoutes(imageFile) {
  const routes = [];
  for (const file of JSON.parse(readFileSync(imageFile, 'utf8')).file) {
    for (const service of file.service ?? []) {
      for (const method of service.method) {
        const rule = method.options?.['[google.api.http]'];
        if (!rule) continue;
        const access = method.options['[ordermesh.common.v1.access]'] ?? {};
        if (!access.roles?.length) throw new Error(`${service.name}.${method.name} has a route but no roles`);
        for (const binding of bindingsOf(rule)) {
          routes.push({
            ...binding,
            service: service.name,
            name: method.name,
            roles: access.roles,
            query: access.query === true,
            streaming: method.serverStreaming === true,
          });
        }
      }
    }
  }
  return routes;
}
