import { createHash } from 'node:crypto';
import { setImmediate } from 'node:timers/promises';
import { AppError, type UnitOfWork } from '@spotopt/kernel';
import { rolesOf } from './file-rules.js';
import type { FileStore, ModelFile, StoredEngine } from './ports.js';
import type { ModelSession } from './session.js';

export interface ReadFilesDeps {
  readonly uow: UnitOfWork;
  readonly files: FileStore;
}

/** The files of an upload, part by part, so that nobody waits long for the database. */
export class ReadFiles {
  constructor(private readonly deps: ReadFilesDeps) {}

  /** @throws AppError `model-files-damaged` (permanent) when something is missing or not what was stored */
  async execute({ sessionId, files }: Pick<ModelSession, 'sessionId' | 'files'>): Promise<StoredEngine> {
    const { engine, manifest } = rolesOf(files);
    const content = await this.#read(sessionId, files, engine);
    const text = manifest === null ? null : await this.#read(sessionId, files, manifest);
    return { content, manifest: text === null ? null : text.toString('utf8') };
  }

  async #read(sessionId: string, files: readonly ModelFile[], wanted: ModelFile): Promise<Buffer> {
    const { uow, files: store } = this.deps;
    const content = Buffer.alloc(wanted.sizeBytes);
    const hash = createHash('sha256');
    let length = 0;
    for (let part = 0; part < wanted.parts; part += 1) {
      const at = { sessionId, file: files.indexOf(wanted), part };
      const bytes = await uow.read((tx) => store.readPart(tx, at));
      if (bytes === null) throw damaged(wanted, `part ${String(part)} is missing`);
      if (length + bytes.length > content.length) throw damaged(wanted, 'it is too long');
      hash.update(bytes);
      content.set(bytes, length);
      length += bytes.length;
      // On SQLite nothing here waits for anything, and others have work to do.
      await setImmediate();
    }
    if (length !== wanted.sizeBytes) throw damaged(wanted, 'it is too short');
    if (hash.digest('hex') !== wanted.sha256) throw damaged(wanted, 'its SHA-256 is another one');
    return content;
  }
}

function damaged({ name }: ModelFile, how: string): AppError {
  return AppError.permanent('model-files-damaged', `${name} is not as it was uploaded: ${how}`);
}
