import {
  AbandonModelUpload,
  AddModelUploadPart,
  BeginModelUpload,
  FinishModelUpload,
  MAX_MODEL_FILES,
  MODEL_PART_BYTES,
} from '@spotopt/contracts';
import type { ModelSessionView, RpcDefinition, RpcRequest, RpcResponse } from '@spotopt/contracts';
import { AppError, isAppError } from '@spotopt/kernel';
import { createHash } from 'node:crypto';
import { invalidRequest } from '../invalid-body.js';
import type { ServiceRequests } from '../ports.js';
import type { UploadPart, UploadedParts } from './ports.js';
import { sliced } from './sliced.js';

export interface ReceiveModelParts {
  readonly requests: ServiceRequests;
  readonly maxBytes: number;
}

export interface ModelUpload {
  readonly sessionId: string;
  readonly sessionType: RpcRequest<typeof BeginModelUpload>['sessionType'];
  readonly uploadedBy: string;
  /** The caller names the upload, so that it may be sent again after it was cut off. */
  readonly repeatable: boolean;
  readonly body: UploadedParts;
}

type UploadedFile = RpcRequest<typeof FinishModelUpload>['files'][number];

const PART_TIMEOUT_MS = 10_000;
/** The engine is started and run once. */
const FINISH_TIMEOUT_MS = 60_000;
const ATTEMPTS = 3;
const MB = 1_048_576;
/** Fields that may hold a file (CT-110); what is in others is of no interest. */
const FILE_FIELDS = /^(files?|models?|engine|manifest)(\[\d*\])?$/;
const MAX_DECLARED = 16;
/** What a multipart body has besides its files. */
const BOUNDARIES_BYTES = 1_048_576;

/** Passes files on to their owner as they arrive; never more than one part of one is in memory. */
export class ReceiveModel {
  constructor(private readonly parts: ReceiveModelParts) {}

  /** @throws AppError what the owner refused, `body-too-large`, `invalid-request` (permanent) */
  async execute(upload: ModelUpload): Promise<ModelSessionView> {
    const { contentLength } = upload.body;
    try {
      if (contentLength !== null && contentLength > this.parts.maxBytes + BOUNDARIES_BYTES) {
        throw this.#tooLarge();
      }
      return await this.#begin(upload);
    } finally {
      upload.body.drain();
    }
  }

  async #begin(upload: ModelUpload): Promise<ModelSessionView> {
    const { sessionId, sessionType, uploadedBy } = upload;
    const { session } = await this.#ask(BeginModelUpload, { sessionId, sessionType, uploadedBy });
    if (session.state === 'uploaded') return this.#finish(sessionId, session.files, {});
    if (session.state !== 'receiving') return accepted(session);
    try {
      return await this.#receive(upload);
    } catch (error) {
      if (!upload.repeatable || !mayGoOn(error)) await this.#abandon(sessionId);
      throw error;
    }
  }

  async #receive({ sessionId, body }: ModelUpload): Promise<ModelSessionView> {
    const files: UploadedFile[] = [];
    const declared: Record<string, string> = {};
    let left = this.parts.maxBytes;
    for await (const part of body.read(left)) {
      if (part.kind === 'field') {
        if (Object.keys(declared).length < MAX_DECLARED)
          declared[part.name.slice(0, 64)] = part.value.slice(0, 256);
      } else if (FILE_FIELDS.test(part.fieldName)) {
        if (files.length === MAX_MODEL_FILES) {
          throw tooMuch(`an upload has at most ${String(MAX_MODEL_FILES)} files`);
        }
        const file = await this.#pass(sessionId, files.length, part, left);
        left -= file.sizeBytes;
        files.push(file);
      } else {
        part.ignore();
      }
    }
    if (files.length === 0) {
      const message = 'expected a file in a field named files, file, model or engine';
      throw invalidRequest([{ path: ['files'], message }]);
    }
    return this.#finish(sessionId, files, declared);
  }

  async #pass(
    sessionId: string,
    file: number,
    { fileName, content, isTruncated }: Extract<UploadPart, { kind: 'file' }>,
    left: number,
  ): Promise<UploadedFile> {
    const name = nameOf(fileName);
    const hash = createHash('sha256');
    let sizeBytes = 0;
    let part = 0;
    for await (const bytes of sliced(content, MODEL_PART_BYTES)) {
      sizeBytes += bytes.length;
      if (sizeBytes > left) throw this.#tooLarge();
      hash.update(bytes);
      const data = bytes.toString('base64');
      await this.#ask(AddModelUploadPart, { sessionId, file, fileName: name, part, data });
      part += 1;
    }
    if (isTruncated()) throw this.#tooLarge();
    if (part === 0) throw invalidRequest([{ path: [name], message: 'the file is empty' }]);
    return { name, sizeBytes, parts: part, sha256: hash.digest('hex') };
  }

  async #finish(
    sessionId: string,
    files: readonly UploadedFile[],
    declared: Readonly<Record<string, string>>,
  ): Promise<ModelSessionView> {
    const request = { sessionId, files: [...files], declared: { ...declared } };
    return accepted((await this.#ask(FinishModelUpload, request, FINISH_TIMEOUT_MS)).session);
  }

  /** Each of these may be asked twice; an answer that was lost costs another attempt. */
  async #ask<Definition extends RpcDefinition>(
    definition: Definition,
    request: RpcRequest<Definition>,
    timeoutMs = PART_TIMEOUT_MS,
  ): Promise<RpcResponse<Definition>> {
    for (let attempt = 1; ; attempt += 1) {
      try {
        return await this.parts.requests.ask(definition, request as never, { timeoutMs });
      } catch (error) {
        const again = isAppError(error) && error.code === 'rpc-timeout' && attempt < ATTEMPTS;
        if (!again) throw error;
      }
    }
  }

  /** Whatever cannot be given up now is swept by its owner later. */
  async #abandon(sessionId: string): Promise<void> {
    await this.parts.requests.ask(AbandonModelUpload, { sessionId }).catch(() => undefined);
  }

  #tooLarge(): AppError {
    return tooMuch(`an upload has at most ${String(this.parts.maxBytes / MB)} MB`);
  }
}

function tooMuch(message: string): AppError {
  return AppError.permanent('body-too-large', message, {
    details: { errors: [{ field: 'files', message }] },
  });
}

/** A mistake stays one, however often it is sent; but another file than the one that is here does not end that one. */
function mayGoOn(error: unknown): boolean {
  return isAppError(error) && (error.kind === 'transient' || error.code === 'upload-part-conflict');
}

function accepted(session: ModelSessionView): ModelSessionView {
  if (session.state !== 'refused') return session;
  const message = session.reason ?? 'it was refused';
  throw AppError.permanent('invalid-model', message, { details: { errors: [{ field: 'files', message }] } });
}

/** The name alone, without a folder and without what no terminal should show. */
function nameOf(fileName: string): string {
  const name = (fileName.split(/[/\\]/).at(-1) ?? '').replaceAll(/[\p{Cc}\p{Cf}]/gu, '').trim();
  return name === '' ? 'unnamed' : name.slice(-200);
}
