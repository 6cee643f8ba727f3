import { Param, StreamableFile } from '@nestjs/common';
import {
  ActivateHazardPriors,
  CreateTrainingSet,
  FitHazardPriors,
  ListHazardPriors,
  ListTrainingSets,
  RemakeTrainingSet,
  TrainingColumns,
} from '@spotopt/contracts';
import {
  ActivateHazardPriorsRoute,
  CreateTrainingSetRoute,
  FitHazardPriorsRoute,
  HazardPriorsRoute,
  RemakeTrainingSetRoute,
  TrainingColumnsRoute,
  TrainingSetFileRoute,
  TrainingSetsRoute,
} from '@spotopt/contracts/http';
import type { BodyOf, QueryOf, ResponseOf } from '@spotopt/contracts/http';
import { Clock } from '@spotopt/kernel';
import { begun } from '../exports/begun.js';
import { ServiceRequests } from '../ports.js';
import { BodyFor, QueryFor, Routes, Serves } from '../route.js';
import { ReadTrainingFile } from './read-training-file.js';
import { scopeOfBody, toFitItem, toSetItem } from './training-wire.js';

const TYPES = { csv: 'text/csv; charset=utf-8', parquet: 'application/vnd.apache.parquet' } as const;
const BUILT_IN = 'built-in';
const ACCEPTED = { success: true, status: 'success' };

/** What models are taught with, and what the hazard engine starts from. */
@Routes()
export class TrainingController {
  constructor(
    private readonly requests: ServiceRequests,
    private readonly readFile: ReadTrainingFile,
    private readonly clock: Clock,
  ) {}

  @Serves(TrainingColumnsRoute)
  async columns(): Promise<ResponseOf<typeof TrainingColumnsRoute>> {
    const { version, columns } = await this.requests.ask(TrainingColumns, {});
    return {
      version,
      columns: columns.map(({ nullMeaning, ...rest }) => ({ ...rest, null_meaning: nullMeaning })),
    };
  }

  @Serves(CreateTrainingSetRoute)
  async create(
    @BodyFor(CreateTrainingSetRoute) body: BodyOf<typeof CreateTrainingSetRoute>,
  ): Promise<ResponseOf<typeof CreateTrainingSetRoute>> {
    const { name, format } = body;
    const request = { name, format, ...scopeOfBody(body, this.clock.now()) };
    const { set } = await this.requests.ask(CreateTrainingSet, request);
    return { ...ACCEPTED, training_set: toSetItem(set) };
  }

  @Serves(TrainingSetsRoute)
  async list(
    @QueryFor(TrainingSetsRoute) { limit }: QueryOf<typeof TrainingSetsRoute>,
  ): Promise<ResponseOf<typeof TrainingSetsRoute>> {
    const { sets } = await this.requests.ask(ListTrainingSets, { setId: null, limit });
    return { training_sets: sets.map(toSetItem), total: sets.length };
  }

  @Serves(RemakeTrainingSetRoute)
  async remake(@Param('setId') setId: string): Promise<ResponseOf<typeof RemakeTrainingSetRoute>> {
    const { set } = await this.requests.ask(RemakeTrainingSet, { setId });
    return { ...ACCEPTED, training_set: toSetItem(set) };
  }

  @Serves(TrainingSetFileRoute)
  async file(@Param('setId') setId: string): Promise<StreamableFile> {
    const { set, pieces } = await this.readFile.execute(setId);
    const name = `${set.name.replaceAll(/[^\w.-]+/g, '-')}-v${String(set.version)}.${set.format}`;
    return new StreamableFile(await begun(pieces), {
      type: TYPES[set.format],
      disposition: `attachment; filename="${name}"`,
      length: set.bytes,
    });
  }

  @Serves(FitHazardPriorsRoute)
  async fit(
    @BodyFor(FitHazardPriorsRoute) body: BodyOf<typeof FitHazardPriorsRoute>,
  ): Promise<ResponseOf<typeof FitHazardPriorsRoute>> {
    const { fit } = await this.requests.ask(FitHazardPriors, scopeOfBody(body, this.clock.now()));
    return { ...ACCEPTED, fit: toFitItem(fit) };
  }

  @Serves(HazardPriorsRoute)
  async priors(
    @QueryFor(HazardPriorsRoute) { limit }: QueryOf<typeof HazardPriorsRoute>,
  ): Promise<ResponseOf<typeof HazardPriorsRoute>> {
    const { builtIn, activeFitId, fits } = await this.requests.ask(ListHazardPriors, { limit });
    return {
      built_in: builtIn,
      active: activeFitId ?? BUILT_IN,
      fits: fits.map(toFitItem),
      total: fits.length,
    };
  }

  @Serves(ActivateHazardPriorsRoute)
  async activate(@Param('fitId') fitId: string): Promise<ResponseOf<typeof ActivateHazardPriorsRoute>> {
    const request = { fitId: fitId === BUILT_IN ? null : fitId };
    const { activeFitId } = await this.requests.ask(ActivateHazardPriors, request);
    return { ...ACCEPTED, active: activeFitId ?? BUILT_IN };
  }
}
