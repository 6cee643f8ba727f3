import { mkdir, open, readFile, rename } from 'node:fs/promises';
import { dirname } from 'node:path';
import { AppError } from '@spotopt/kernel';
import { z } from 'zod';
import type { AgentLogger } from '../logging.js';
import { FRESH_STATE, StateStore } from './agent-state.js';
import type { AgentState } from './agent-state.js';

const StoredState = z.object({
  epoch: z.number().int().nonnegative(),
  quiesced: z.object({ switchId: z.string(), epoch: z.number().int().nonnegative() }).nullable(),
  executed: z.array(
    z.object({
      commandId: z.string(),
      commandType: z.string(),
      success: z.boolean(),
      message: z.string(),
      result: z.record(z.string(), z.unknown()),
      finishedAtMs: z.number(),
      reported: z.boolean(),
    }),
  ),
});

function isMissing(error: unknown): boolean {
  return typeof error === 'object' && error !== null && 'code' in error && error.code === 'ENOENT';
}

/** One JSON file, replaced by rename: a crash at any point leaves a whole file. */
export class FileStateStore extends StateStore {
  constructor(
    private readonly path: string,
    private readonly logger: AgentLogger,
  ) {
    super();
  }

  override async load(): Promise<AgentState> {
    let text: string;
    try {
      text = await readFile(this.path, 'utf8');
    } catch (error) {
      if (isMissing(error)) return FRESH_STATE;
      throw AppError.permanent('state-unreadable', `cannot read ${this.path}`, { cause: error });
    }
    try {
      return StoredState.parse(JSON.parse(text));
    } catch (error) {
      // Kept for whoever wants to know; the control plane's epoch makes up for what was in it.
      await rename(this.path, `${this.path}.unreadable`);
      this.logger.error({ path: this.path, error }, 'state file is not readable; starting without it');
      return FRESH_STATE;
    }
  }

  override async save(state: AgentState): Promise<void> {
    const temporary = `${this.path}.new`;
    await mkdir(dirname(this.path), { recursive: true });
    const file = await open(temporary, 'w', 0o600);
    try {
      await file.writeFile(JSON.stringify(state));
      await file.sync();
    } finally {
      await file.close();
    }
    await rename(temporary, this.path);
    const directory = await open(dirname(this.path), 'r');
    try {
      await directory.sync();
    } finally {
      await directory.close();
    }
  }
}
