import { z } from 'zod';
import type { RouteDefinition } from './define-route.js';
import { ErrorBody } from './wire-primitives.js';

type JsonObject = Record<string, unknown>;

function jsonSchema(schema: z.ZodType, io: 'input' | 'output'): JsonObject {
  const {
    $schema: _dialect,
    '~standard': _standard,
    ...body
  } = z.toJSONSchema(schema, {
    io,
    unrepresentable: 'any',
  }) as JsonObject;
  return body;
}

function isAnything(schema: JsonObject): boolean {
  return Object.keys(schema).length === 0;
}

function pathParameters(path: string): JsonObject[] {
  return [...path.matchAll(/:(\w+)/g)].map(([, name]) => ({
    name,
    in: 'path',
    required: true,
    schema: { type: 'string' },
  }));
}

function queryParameters(route: RouteDefinition): JsonObject[] {
  const schema = jsonSchema(route.query, 'input');
  const properties = (schema['properties'] ?? {}) as JsonObject;
  const required = (schema['required'] ?? []) as string[];
  return Object.entries(properties).map(([name, property]) => ({
    name,
    in: 'query',
    required: required.includes(name),
    schema: property,
  }));
}

function securityOf(route: RouteDefinition): JsonObject[] {
  if (route.access === 'public') return [];
  const schemes = { client: ['client'], admin: ['admin'], 'client-or-admin': ['client', 'admin'] } as const;
  return schemes[route.access].map((scheme) => ({ [scheme]: [] }));
}

function contentOf(types: readonly string[], schema: JsonObject): JsonObject {
  return Object.fromEntries(types.map((type) => [type, { schema }]));
}

function producedBy(route: RouteDefinition, response: JsonObject): readonly string[] {
  if (route.produces.length > 0) return route.produces;
  return [response['type'] === 'string' ? 'text/plain' : 'application/json'];
}

/** Bodies that are more than text. */
const STREAMED: Readonly<Record<string, JsonObject>> = {
  'multipart/form-data': {
    type: 'object',
    required: ['files'],
    properties: {
      files: { type: 'array', items: { type: 'string', contentMediaType: 'application/octet-stream' } },
    },
  },
};

function requestBody(route: RouteDefinition): JsonObject {
  if (route.consumes.length > 0) {
    const content = route.consumes.map((type) => [type, { schema: STREAMED[type] ?? { type: 'string' } }]);
    return { requestBody: { required: true, content: Object.fromEntries(content) as JsonObject } };
  }
  const body = jsonSchema(route.body, 'input');
  return isAnything(body) ? {} : { requestBody: { content: contentOf(['application/json'], body) } };
}

function operation(route: RouteDefinition, path: string): JsonObject {
  const response = jsonSchema(route.response, 'output');
  const isAlias = path !== route.path;
  return {
    operationId: isAlias ? `${route.id}_${String(route.aliases.indexOf(path) + 1)}` : route.id,
    summary: route.summary,
    ...(isAlias ? { deprecated: true, description: `Another spelling of ${route.path}.` } : {}),
    tags: [path.split('/')[2] ?? 'service'],
    security: securityOf(route),
    parameters: [...pathParameters(path), ...queryParameters(route)],
    ...requestBody(route),
    responses: {
      [String(route.status)]: {
        description: 'Done.',
        content: contentOf(producedBy(route, response), response),
      },
      default: { $ref: '#/components/responses/Error' },
    },
  };
}

/** OpenAPI 3.1 of the given routes, from the schemas that validate them. */
export function openApiOf(routes: readonly RouteDefinition[], version: string): JsonObject {
  const paths: Record<string, JsonObject> = {};
  for (const route of routes) {
    for (const path of [route.path, ...route.aliases]) {
      const template = path.replaceAll(/:(\w+)/g, '{$1}');
      (paths[template] ??= {})[route.method.toLowerCase()] = operation(route, path);
    }
  }
  return {
    openapi: '3.1.0',
    info: { title: 'Spot Optimizer', version, license: { name: 'Apache-2.0', identifier: 'Apache-2.0' } },
    servers: [{ url: '/' }],
    paths,
    components: {
      securitySchemes: {
        client: { type: 'http', scheme: 'bearer', description: 'Token of a tenant.' },
        admin: { type: 'http', scheme: 'bearer', description: 'Token of the administrator.' },
      },
      responses: {
        Error: {
          description: 'Not done.',
          content: { 'application/json': { schema: jsonSchema(ErrorBody, 'output') } },
        },
      },
    },
  };
}
