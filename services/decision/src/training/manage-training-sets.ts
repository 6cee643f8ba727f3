import { inflateRawSync } from 'node:zlib';
import type {
  CreateTrainingSet,
  ListTrainingSets,
  RpcRequest,
  RpcResponse,
  TrainingSetPiece,
  TrainingSetView,
} from '@spotopt/contracts';
import { AppError, type Clock, type Ids, type Tx, type UnitOfWork } from '@spotopt/kernel';
import { asked } from '../queue/queued-job.js';
import type { RiskStore } from '../risk/ports.js';
import { COLUMNS_VERSION } from './columns.js';
import type { TrainingSetStore } from './ports.js';
import { BUCKET_MS } from './pool-rows.js';
import { poolsOf } from './pools-of.js';
import { remade, type TrainingSet, viewOf } from './training-set.js';

export interface ManageTrainingSetsDeps {
  readonly uow: UnitOfWork;
  readonly clock: Clock;
  readonly ids: Ids;
  readonly sets: TrainingSetStore;
  readonly risks: RiskStore;
  /** There is something to make. */
  readonly onAsked: () => void;
}

/** Reports and the history of AWS reach a bucket within minutes of its end. */
const SETTLES_AFTER_MS = 15 * 60_000;
/** Two people name their sets alike at the same moment. */
const NAMING_ATTEMPTS = 5;

export class ManageTrainingSets {
  constructor(private readonly deps: ManageTrainingSetsDeps) {}

  /** @throws AppError `invalid-training-set` (permanent) for a time that is none, or when no pool fits */
  async create(request: RpcRequest<typeof CreateTrainingSet>): Promise<{ set: TrainingSetView }> {
    const { uow, clock, onAsked } = this.deps;
    const now = clock.now();
    const set = await uow.run((tx) => this.#add(tx, request, now));
    onAsked();
    return { set: viewOf(set, now) };
  }

  async list({ setId, limit }: RpcRequest<typeof ListTrainingSets>): Promise<{ sets: TrainingSetView[] }> {
    const { uow, clock, sets } = this.deps;
    const found = await uow.read(async (tx) => {
      if (setId === null) return sets.list(tx, limit);
      const one = await sets.find(tx, setId);
      return one === null ? [] : [one];
    });
    return { sets: found.map((set) => viewOf(set, clock.now())) };
  }

  /** @throws AppError `training-set-unknown`, `training-set-not-made` (permanent) */
  async remake(setId: string): Promise<{ set: TrainingSetView }> {
    const { uow, clock, sets, onAsked } = this.deps;
    const set = await uow.run(async (tx) => {
      const known = await this.#known(tx, setId);
      await sets.removePieces(tx, setId);
      return sets.save(tx, known, remade(known));
    });
    onAsked();
    return { set: viewOf(set, clock.now()) };
  }

  /** @throws AppError `training-set-unknown`, `training-set-without-file` (permanent) */
  async piece({
    setId,
    number,
  }: RpcRequest<typeof TrainingSetPiece>): Promise<RpcResponse<typeof TrainingSetPiece>> {
    const { uow, clock, sets } = this.deps;
    const { body, count } = await uow.read(async (tx) => {
      const set = await this.#known(tx, setId);
      if (set.state !== 'completed' || viewOf(set, clock.now()).fileUntil === null) throw withoutFile(set);
      const packed = await sets.piece(tx, setId, number);
      if (packed === null) throw withoutFile(set);
      return { body: packed, count: await sets.countPieces(tx, setId) };
    });
    return { base64: inflateRawSync(body).toString('base64'), last: number === count - 1 };
  }

  async #add(tx: Tx, request: RpcRequest<typeof CreateTrainingSet>, now: Date): Promise<TrainingSet> {
    const { ids, sets, risks } = this.deps;
    const { name, format, region, instanceTypes } = request;
    const from = new Date(request.from);
    const until = new Date(Math.min(Date.parse(request.until), settledUntilMs(now)));
    if (from >= until)
      throw AppError.permanent(
        'invalid-training-set',
        'from: expected a time before until and a quarter of an hour ago',
      );
    const pools = await poolsOf(tx, risks, { region, instanceTypes });
    for (let attempt = 0; attempt < NAMING_ATTEMPTS; attempt += 1) {
      const set: TrainingSet = {
        ...{
          setId: ids.next(),
          name,
          version: (await sets.lastVersion(tx, name)) + 1,
          format,
        },
        ...{ from, until, region, instanceTypes, pools, columnsVersion: COLUMNS_VERSION },
        ...{ asOf: now, rows: 0, rowsLeftOut: 0, bytes: 0, sha256: null, fileUntil: null, reproduced: null },
        ...asked(now),
      };
      if (await sets.add(tx, set)) return set;
    }
    throw AppError.transient('training-set-name-taken', 'the name is used by others at this moment');
  }

  async #known(tx: Tx, setId: string): Promise<TrainingSet> {
    const set = await this.deps.sets.find(tx, setId);
    if (set === null) throw AppError.permanent('training-set-unknown', 'training set not found');
    return set;
  }
}

function withoutFile(set: TrainingSet): AppError {
  const why =
    set.state === 'completed'
      ? (set.error ?? 'the file was deleted; make it again')
      : (set.error ?? `it is ${set.state}`);
  return AppError.permanent('training-set-without-file', `there is no file: ${why}`);
}

/** What is younger still comes in or is corrected; a set with it could not be made again. */
function settledUntilMs(now: Date): number {
  return Math.floor((now.getTime() - SETTLES_AFTER_MS) / BUCKET_MS) * BUCKET_MS;
}
