import { StandardSchemaValidationPipe } from '@nestjs/common';
import type { ArgumentMetadata } from '@nestjs/common';
import { ROUTES } from '@spotopt/contracts/http';
import { AppError } from '@spotopt/kernel';
import type { FastifyInstance, FastifyRequest } from 'fastify';
import { invalidRequest } from './invalid-body.js';

/** What could reach the prototype of an object, written plainly or with escapes. */
const SUSPICIOUS = /__proto__|prototype|constructor|\\u00/i;
const PROTOTYPE_KEYS = new Set(['__proto__', 'prototype', 'constructor']);

function withoutPrototypeKeys(key: string, value: unknown): unknown {
  return PROTOTYPE_KEYS.has(key) ? undefined : value;
}

/** An empty body with a JSON content type means that there is nothing to say (P7, K9). */
export function parseJson(body: Buffer): unknown {
  const text = body.toString('utf8');
  if (text.trim() === '') return {};
  try {
    return JSON.parse(text, SUSPICIOUS.test(text) ? withoutPrototypeKeys : undefined);
  } catch {
    throw invalidRequest([{ path: ['body'], message: 'is not valid JSON' }]);
  }
}

/** Bodies were cleaned by their text, which costs far less than walking through every object. */
class BodyPipe extends StandardSchemaValidationPipe {
  protected override stripProtoKeys(): void {
    // Done by parseJson.
  }
}

/** Checks what a route declares a schema for; everything but a body is cleaned here. */
export class SchemaPipe extends StandardSchemaValidationPipe {
  readonly #bodies = new BodyPipe({ exceptionFactory: invalidRequest });

  constructor() {
    super({ exceptionFactory: invalidRequest });
  }

  override transform<T>(value: T, metadata: ArgumentMetadata): Promise<T> {
    return metadata.type === 'body'
      ? this.#bodies.transform(value, metadata)
      : super.transform(value, metadata);
  }
}

/** Media types that a route reads as they arrive, by its method and its path in the router. */
const STREAMED: ReadonlyMap<string, readonly string[]> = new Map(
  ROUTES.filter(({ consumes }) => consumes.length > 0).flatMap(({ method, path, aliases, consumes }) =>
    [path, ...aliases].map((url) => [`${method} ${url}`, consumes] as const),
  ),
);

/** Media types of the request's route that are read as they arrive; empty for one that takes JSON. */
export function streamedTypes({ method, routeOptions }: FastifyRequest): readonly string[] {
  return STREAMED.get(`${method} ${routeOptions.url ?? ''}`) ?? [];
}

/** Read part by part, see `multipart.ts`. */
export const MULTIPART = 'multipart/form-data';

/** Reports of any length are read as they arrive, on their own route only; who reads one limits it. */
export function streamUploads(server: FastifyInstance): void {
  server.removeContentTypeParser('text/plain');
  for (const type of new Set([...STREAMED.values()].flat())) {
    if (type === MULTIPART) continue;
    server.addContentTypeParser(type, (request, payload, done) => {
      const unknownPath = request.routeOptions.url === undefined;
      if (unknownPath || streamedTypes(request).includes(type)) done(null, payload);
      else done(AppError.permanent('unsupported-media-type', `the body must be JSON, not ${type}`));
    });
  }
}
