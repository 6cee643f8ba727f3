import { MAX_MODEL_BYTES } from '@spotopt/contracts';
import { AppError } from '@spotopt/kernel';
import { MAX_MANIFEST_BYTES } from '../runtime/engine-limits.js';
import type { EngineArtifact } from '../runtime/ports.js';

export interface NamedFile {
  readonly name: string;
  readonly sizeBytes: number;
}

export interface FileRoles<File extends NamedFile> {
  readonly kind: EngineArtifact['kind'];
  readonly engine: File;
  readonly manifest: File | null;
}

const KIND_BY_EXTENSION: Readonly<Record<string, EngineArtifact['kind']>> = {
  onnx: 'onnx',
  js: 'javascript',
  mjs: 'javascript',
};

function extensionOf(fileName: string): string {
  const dot = fileName.lastIndexOf('.');
  return dot < 0 ? '' : fileName.slice(dot + 1).toLowerCase();
}

function kindOf(fileName: string): EngineArtifact['kind'] | undefined {
  return KIND_BY_EXTENSION[extensionOf(fileName)];
}

function isManifest(fileName: string): boolean {
  return extensionOf(fileName) === 'json';
}

/** Whether a file of this name may be part of an upload at all. */
export function isAcceptedName(fileName: string): boolean {
  return kindOf(fileName) !== undefined || isManifest(fileName);
}

/**
 * Which file is the engine and which one its manifest.
 * @throws AppError `invalid-model` (permanent)
 */
export function rolesOf<File extends NamedFile>(files: readonly File[]): FileRoles<File> {
  const engines = files.filter(({ name }) => kindOf(name) !== undefined);
  const manifests = files.filter(({ name }) => isManifest(name));
  const [engine] = engines;
  const kind = engine === undefined ? undefined : kindOf(engine.name);
  if (engine === undefined || kind === undefined) {
    throw invalidModel('an upload needs one engine: an ONNX model (.onnx) or a script (.js)');
  }
  if (engines.length > 1) {
    throw invalidModel(`an upload has one engine, not ${engines.map(({ name }) => name).join(' and ')}`);
  }
  if (manifests.length > 1) throw invalidModel('an upload has one manifest at most');
  assertSizes(files, manifests);
  return { kind, engine, manifest: manifests[0] ?? null };
}

function assertSizes(files: readonly NamedFile[], manifests: readonly NamedFile[]): void {
  const empty = files.find(({ sizeBytes }) => sizeBytes === 0);
  if (empty !== undefined) throw invalidModel(`${empty.name} is empty`);
  if (files.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0) > MAX_MODEL_BYTES) {
    throw AppError.permanent(
      'body-too-large',
      `an upload has at most ${String(MAX_MODEL_BYTES / 1_048_576)} MB`,
    );
  }
  if (manifests.some(({ sizeBytes }) => sizeBytes > MAX_MANIFEST_BYTES)) {
    throw invalidModel('the manifest is longer than 1 MB');
  }
}

export function invalidModel(message: string): AppError {
  return AppError.permanent('invalid-model', message, {
    details: { errors: [{ field: 'files', message }] },
  });
}
