import { AppError, SystemClock } from '@spotopt/kernel';
import { z } from 'zod';
import type { Api, ApiAnswer } from './api.js';
import type { EngineFile } from './stories/sample-engines.js';

const Uploaded = z.object({ sessionId: z.string(), restarting: z.literal(false) });

const Session = z.object({
  id: z.string(),
  isLive: z.boolean(),
  isFallback: z.boolean(),
  fileCount: z.number(),
  files: z.array(z.string()),
  files_kept: z.boolean().optional(),
  state: z.string(),
});
export type Session = z.infer<typeof Session>;
const Sessions = z.object({ sessions: z.array(Session) });

/** Engines and models as an administrator sees them. */
export class ModelRegistry {
  constructor(private readonly api: Api) {}

  /** What the upload was answered, whether it was taken or not. */
  async tryUpload(path: 'decision-engine' | 'ml-models', files: readonly EngineFile[]): Promise<ApiAnswer> {
    const form = new FormData();
    for (const { name, content } of files) form.append('files', new Blob([content]), name);
    return this.api.send('POST', `/api/admin/${path}/upload`, form);
  }

  /** @returns the id of the upload */
  async upload(path: 'decision-engine' | 'ml-models', files: readonly EngineFile[]): Promise<string> {
    const { status, body } = await this.tryUpload(path, files);
    if (status !== 200) throw AppError.permanent('upload-refused', JSON.stringify(body));
    return Uploaded.parse(body).sessionId;
  }

  async activate(sessionId: string): Promise<void> {
    await this.api.post('/api/admin/ml-models/activate', { sessionId });
  }

  async fallBack(): Promise<void> {
    await this.api.post('/api/admin/ml-models/fallback', { reason: 'the story wants it' });
  }

  async sessions(all = false): Promise<Session[]> {
    return Sessions.parse(await this.api.get(`/api/admin/ml-models/sessions?all=${String(all)}`)).sessions;
  }

  /** Engines by their slot; a list when there should be one. */
  async inForce(): Promise<{ live: string[]; fallback: string[] }> {
    const sessions = await this.sessions();
    return {
      live: sessions.filter(({ isLive }) => isLive).map(({ id }) => id),
      fallback: sessions.filter(({ isFallback }) => isFallback).map(({ id }) => id),
    };
  }
}

const POLL_MS = 50;
const REAL_TIME = new SystemClock();

/** Looks again and again, beside whatever else happens. */
export class Watch {
  readonly problems: string[] = [];
  looks = 0;
  #running = true;
  readonly #done: Promise<void>;

  /** @param look answers what is wrong, or null */
  constructor(private readonly look: () => Promise<string | null>) {
    this.#done = this.#watch();
  }

  async end(): Promise<void> {
    this.#running = false;
    await this.#done;
  }

  async #watch(): Promise<void> {
    while (this.#running) {
      const problem = await this.look().catch((error: unknown) => String(error));
      this.looks += 1;
      if (problem !== null) this.problems.push(problem);
      await REAL_TIME.sleep(POLL_MS);
    }
  }
}

/** Null when the gateway calls itself healthy, in JSON. */
export async function healthProblem(gatewayUrl: string): Promise<string | null> {
  const response = await fetch(new URL('/health', gatewayUrl));
  const isJson = response.headers.get('content-type')?.includes('json') === true;
  if (response.status !== 200 || !isJson) return `${String(response.status)}: ${await response.text()}`;
  const body = (await response.json()) as { status?: unknown };
  return body.status === 'healthy' ? null : JSON.stringify(body);
}
