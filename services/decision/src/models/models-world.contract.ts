import { createHash } from 'node:crypto';
import {
  MODEL_PART_BYTES,
  type ModelSessionView,
  type RpcRequest,
  type FinishModelUpload,
} from '@spotopt/contracts';
import { type Failpoints, NoFailpoints, UlidIds } from '@spotopt/kernel';
import { selectRows } from '@spotopt/persistence';
import { silentLogger } from '@spotopt/platform';
import { type DatabaseDialect, ManualClock, type TestDatabase, testDatabase } from '@spotopt/testkit';
import { Engine, type Observation, type Proposal, StayEngine } from '../engine/ports.js';
import { FakeEngineHost } from './fake-engine-host.contract.js';
import { MODEL_ENTITIES, MODEL_MIGRATIONS, modelParts, type ModelParts } from './models.wiring.js';
import type { SessionType } from './session.js';

export const NOW = new Date('2026-11-21T12:00:00.000Z');

class NamedEngine extends Engine {
  override readonly version = '1';

  constructor(override readonly name: string) {
    super();
  }

  override propose(observation: Observation): Proposal {
    return { ...new StayEngine().propose(observation), engine: this.name };
  }
}

export const BUILTINS: readonly Engine[] = [new NamedEngine('hazard'), new NamedEngine('seed-rule')];

export interface UploadedFile {
  readonly name: string;
  readonly content: string | Buffer;
}

export interface SlotRow {
  readonly slot: string;
  readonly engine_id: string;
  readonly version: number;
}

/** The registry of engines on a database of its own. */
export class ModelsWorld {
  readonly host = new FakeEngineHost();
  readonly ids = new UlidIds();
  readonly parts: ModelParts;

  private constructor(
    readonly test: TestDatabase,
    readonly clock: ManualClock,
  ) {
    this.parts = this.process();
  }

  static async start(dialect: DatabaseDialect): Promise<ModelsWorld> {
    const clock = new ManualClock(NOW);
    const schema = { service: 'decision', entities: MODEL_ENTITIES, migrations: MODEL_MIGRATIONS };
    return new ModelsWorld(await testDatabase(dialect, { ...schema, clock }), clock);
  }

  /** The registry as another process of the service has it. */
  process(failpoints: Failpoints = new NoFailpoints(), host = this.host): ModelParts {
    const { clock, ids, test } = this;
    const context = { clock, ids, failpoints, database: test.database, random: () => 0.5 };
    return modelParts({ ...context, logger: silentLogger() }, { builtins: BUILTINS, host });
  }

  /** Sends all parts of the files, and says that it is complete. */
  async upload(
    files: readonly UploadedFile[],
    more: { sessionId?: string; sessionType?: SessionType; parts?: ModelParts } = {},
  ): Promise<ModelSessionView> {
    const { sessionId = this.ids.next(), sessionType = 'models', parts = this.parts } = more;
    await parts.receiveUpload.begin({ sessionId, sessionType, uploadedBy: 'admin' });
    for (const [file, { name, content }] of files.entries()) {
      for (const [part, bytes] of partsOf(content).entries()) {
        const data = bytes.toString('base64');
        await parts.receiveUpload.addPart({ sessionId, file, fileName: name, part, data });
      }
    }
    return parts.finishUpload.execute({ sessionId, files: files.map(factsOf), declared: {} });
  }

  async rows<Row extends object>(sql: string, parameters: readonly unknown[] = []): Promise<Row[]> {
    return this.test.database.uow.read((tx) => selectRows<Row>(tx, sql, parameters));
  }

  async slots(): Promise<Readonly<Record<string, string>>> {
    const rows = await this.rows<SlotRow>('SELECT slot, engine_id, version FROM engine_slot');
    return Object.fromEntries(rows.map(({ slot, engine_id: engineId }) => [slot, engineId]));
  }

  async events(): Promise<{ type: string; data: Record<string, unknown> }[]> {
    const rows = await this.rows<{ envelope: string }>('SELECT envelope FROM outbox ORDER BY seq');
    return rows.map(
      ({ envelope }) => JSON.parse(envelope) as { type: string; data: Record<string, unknown> },
    );
  }

  async stop(): Promise<void> {
    await this.parts.liveEngines.close();
    await this.test.cleanUp();
  }
}

export function partsOf(content: string | Buffer): Buffer[] {
  const bytes = Buffer.from(content);
  const count = Math.max(1, Math.ceil(bytes.length / MODEL_PART_BYTES));
  return Array.from({ length: count }, (_, part) =>
    bytes.subarray(part * MODEL_PART_BYTES, (part + 1) * MODEL_PART_BYTES),
  );
}

export function factsOf({
  name,
  content,
}: UploadedFile): RpcRequest<typeof FinishModelUpload>['files'][number] {
  const bytes = Buffer.from(content);
  const sha256 = createHash('sha256').update(bytes).digest('hex');
  return { name, sizeBytes: bytes.length, parts: partsOf(bytes).length, sha256 };
}
