import type { Clock, UnitOfWork } from '@spotopt/kernel';
import type { FileStore, SessionStore } from './ports.js';
import type { ReceiveUpload } from './receive-upload.js';

export interface SweepUploadsDeps {
  readonly uow: UnitOfWork;
  readonly clock: Clock;
  readonly sessions: SessionStore;
  readonly files: FileStore;
  readonly receiveUpload: Pick<ReceiveUpload, 'abandon'>;
}

/** No upload takes that long. */
const UNFINISHED_MS = 3_600_000;
const BATCH = 50;

/** Deletes files that nobody needs any more, and uploads that never became complete. */
export class SweepUploads {
  constructor(private readonly deps: SweepUploadsDeps) {}

  async execute(signal?: AbortSignal): Promise<void> {
    const { uow, clock, sessions, receiveUpload } = this.deps;
    const before = new Date(clock.nowMs() - UNFINISHED_MS);
    const leaving = await uow.read((tx) => sessions.listLeaving(tx, BATCH));
    for (const { sessionId } of leaving) {
      if (signal?.aborted === true) return;
      await this.#deleteFiles(sessionId);
    }
    for (const { sessionId } of await uow.read((tx) => sessions.listUnfinished(tx, before, BATCH))) {
      if (signal?.aborted === true) return;
      await receiveUpload.abandon(sessionId);
    }
  }

  async #deleteFiles(sessionId: string): Promise<void> {
    const { uow, sessions, files } = this.deps;
    await files.deleteAll(uow, sessionId);
    await uow.run(async (tx) => {
      const session = await sessions.findForChange(tx, sessionId);
      if (session?.filesState !== 'leaving') return;
      await sessions.save(tx, session, { ...session, filesState: 'gone' });
    });
  }
}
