import fastifyMultipart from '@fastify/multipart';
import type { MultipartFile } from '@fastify/multipart';
import { AppError, isAppError } from '@spotopt/kernel';
import type { FastifyInstance, FastifyRequest } from 'fastify';
import { invalidRequest } from './invalid-body.js';
import type { UploadPart, UploadedParts } from './models/ports.js';
import { MULTIPART, streamedTypes } from './request-bodies.js';

/** What comes besides files is small and few. */
const LIMITS = { fields: 32, fieldNameSize: 128, fieldSize: 4_096, files: 16, parts: 48, headerPairs: 64 };

/** Multipart bodies are read part by part, on the routes that take them and nowhere else. */
export function readMultipart(server: FastifyInstance): void {
  void server.register(fastifyMultipart, { limits: LIMITS, throwFileSizeLimit: false });
  server.addHook('onRequest', (request, _reply, done) => {
    const unknownPath = request.routeOptions.url === undefined;
    if (unknownPath || !isMultipart(request) || streamedTypes(request).includes(MULTIPART)) done();
    else done(AppError.permanent('unsupported-media-type', `the body must be JSON, not ${MULTIPART}`));
  });
}

function isMultipart({ headers }: FastifyRequest): boolean {
  return headers['content-type']?.toLowerCase().startsWith(MULTIPART) === true;
}

export function multipartBodyOf(request: FastifyRequest): UploadedParts {
  const length = Number(request.headers['content-length']);
  return {
    contentLength: Number.isFinite(length) ? length : null,
    read: (maxFileBytes) => partsOf(request, maxFileBytes),
    drain: () => {
      request.raw.unpipe();
      request.raw.resume();
    },
  };
}

async function* partsOf(request: FastifyRequest, fileSize: number): AsyncGenerator<UploadPart> {
  if (!request.isMultipart()) {
    throw invalidRequest([{ path: ['content-type'], message: `expected ${MULTIPART}` }]);
  }
  try {
    for await (const part of request.parts({ limits: { fileSize } })) {
      if (part.type === 'file') yield fileOf(part, request);
      else yield { kind: 'field', name: nameIn(part), value: String(part.value) };
    }
  } catch (error) {
    throw readable(error, request);
  }
}

function fileOf(part: MultipartFile, request: FastifyRequest): UploadPart {
  const { file } = part;
  return {
    kind: 'file',
    fieldName: nameIn(part),
    fileName: fileNameIn(part),
    content: contentOf(file, request),
    isTruncated: () => file.truncated,
    ignore: () => {
      file.resume();
    },
  };
}

function nameIn({ fieldname }: { readonly fieldname: string | undefined }): string {
  return fieldname ?? '';
}

/** A part of bytes is a file also without a name, whatever the parser's types say. */
function fileNameIn({ filename }: { readonly filename: string | undefined }): string {
  return filename ?? '';
}

async function* contentOf(file: MultipartFile['file'], request: FastifyRequest): AsyncGenerator<Uint8Array> {
  try {
    for await (const chunk of file) yield chunk as Uint8Array;
  } catch (error) {
    throw readable(error, request);
  }
}

/** What the parser finds is the sender's mistake, unless the connection ended in the middle. */
function readable(error: unknown, { raw }: FastifyRequest): unknown {
  if (isAppError(error)) return error;
  if (raw.destroyed && !raw.complete) {
    return AppError.transient('body-cut-off', 'the connection ended before the body did; send it again');
  }
  return invalidRequest([
    { path: ['body'], message: `the multipart body cannot be read: ${messageOf(error)}` },
  ]);
}

function messageOf(error: unknown): string {
  return typeof error === 'object' && error !== null && 'message' in error
    ? String(error.message)
    : String(error);
}
