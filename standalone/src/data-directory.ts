import { randomBytes } from 'node:crypto';
import { mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { RegionSnapshot } from '@spotopt/simulator';
import { AppError } from '@spotopt/kernel';
import { z } from 'zod';

const Secrets = z.object({
  adminToken: z.string(),
  tokenEncryptionKey: z.string(),
  /** The demonstration tenant; absent until it was created. */
  client: z.object({ clientId: z.string(), token: z.string() }).optional(),
});
export type Secrets = z.infer<typeof Secrets>;

const SavedRegion = z.object({
  /** Which prices the history of this directory belongs to. */
  prices: z.string(),
  snapshot: RegionSnapshot,
});
export type SavedRegion = z.infer<typeof SavedRegion>;

/** What a run leaves for the next one, besides the databases of the services. */
export class DataDirectory {
  constructor(readonly path: string) {}

  get databaseUrl(): string {
    return `sqlite:${this.path}`;
  }

  agentStateFile(ec2InstanceId: string): string {
    return join(this.path, 'agents', `${ec2InstanceId}.json`);
  }

  async prepare(options: { readonly reset: boolean }): Promise<void> {
    if (options.reset) await this.#clear();
    await mkdir(join(this.path, 'agents'), { recursive: true });
  }

  async secrets(): Promise<Secrets> {
    const saved = await this.#read('secrets.json', Secrets);
    if (saved !== null) return saved;
    const made: Secrets = {
      adminToken: `admin-${randomBytes(32).toString('hex')}`,
      tokenEncryptionKey: randomBytes(32).toString('hex'),
    };
    await this.saveSecrets(made);
    return made;
  }

  saveSecrets(secrets: Secrets): Promise<void> {
    return this.#write('secrets.json', secrets);
  }

  /** @throws AppError `other-prices` (permanent) when the directory belongs to a run on other prices */
  async region(prices: string): Promise<RegionSnapshot | null> {
    const saved = await this.#read('region.json', SavedRegion);
    if (saved === null) return null;
    if (saved.prices === prices) return saved.snapshot;
    throw AppError.permanent(
      'other-prices',
      `${this.path} holds a run on ${saved.prices}, not on ${prices}: choose another directory with --data, ` +
        'or start over with --reset',
    );
  }

  saveRegion(region: SavedRegion): Promise<void> {
    return this.#write('region.json', region);
  }

  /** Deletes what a run makes here and nothing else. */
  async #clear(): Promise<void> {
    const services = ['gateway', 'pricing', 'replica', 'emergency', 'decision'];
    const databases = services.flatMap((name) =>
      ['', '-wal', '-shm', '.lock'].map((suffix) => `${name}.sqlite${suffix}`),
    );
    for (const name of [...databases, 'secrets.json', 'region.json', 'agents']) {
      await rm(join(this.path, name), { recursive: true, force: true });
    }
  }

  async #read<Schema extends z.ZodType>(name: string, schema: Schema): Promise<z.output<Schema> | null> {
    const path = join(this.path, name);
    let text: string;
    try {
      text = await readFile(path, 'utf8');
    } catch (error) {
      if (isMissingFile(error)) return null;
      throw error;
    }
    try {
      return schema.parse(JSON.parse(text));
    } catch (error) {
      throw AppError.permanent(
        'data-unreadable',
        `${path} is damaged: delete it, or start over with --reset`,
        {
          cause: error,
        },
      );
    }
  }

  /** Whole or not at all: a run may be killed at any time. */
  async #write(name: string, content: unknown): Promise<void> {
    const path = join(this.path, name);
    await mkdir(dirname(path), { recursive: true });
    await writeFile(`${path}.new`, JSON.stringify(content), { mode: 0o600 });
    await rename(`${path}.new`, path);
  }
}

function isMissingFile(error: unknown): boolean {
  return typeof error === 'object' && error !== null && 'code' in error && error.code === 'ENOENT';
}
