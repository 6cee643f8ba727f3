import { z } from 'zod';
import { defineRpc } from '../define.js';
import { Id, Instant } from '../primitives.js';

/** Length of spells as a Lomax distribution: the chance per second that one ends is alpha / (beta + age). */
export const SpellModel = z.object({
  alpha: z.number().positive(),
  betaSeconds: z.number().positive(),
});
export type SpellModel = z.infer<typeof SpellModel>;

const FittedSpells = SpellModel.extend({
  spells: z.number().int(),
  /** Those whose end was seen; the others lasted at least as long as they were watched. */
  ended: z.number().int(),
});

const Fitted = { up: FittedSpells, down: FittedSpells };

export const FittedMarket = z.object({ region: z.string(), instanceType: z.string(), ...Fitted });
export type FittedMarket = z.infer<typeof FittedMarket>;

export const FittedPriors = z.object({
  /** Of all markets together, for one that has no spells of its own. */
  all: z.object(Fitted),
  markets: z.array(FittedMarket),
});
export type FittedPriors = z.infer<typeof FittedPriors>;

export const HazardPriorFit = z.object({
  fitId: Id,
  state: z.enum(['queued', 'running', 'completed', 'failed']),
  from: Instant,
  until: Instant,
  region: z.string().nullable(),
  instanceTypes: z.array(z.string()).nullable(),
  createdAt: Instant,
  finishedAt: Instant.nullable(),
  progress: z.number().min(0).max(1),
  pools: z.number().int(),
  /** Null until it is complete. */
  priors: FittedPriors.nullable(),
  active: z.boolean(),
  error: z.string().nullable(),
});
export type HazardPriorFit = z.infer<typeof HazardPriorFit>;

export const FitHazardPriors = defineRpc({
  owner: 'decision',
  name: 'fit-hazard-priors',
  summary: 'Asks for priors fitted to what happened here; they are made in the background.',
  request: z.object({
    from: Instant,
    until: Instant,
    region: z.string().nullable(),
    instanceTypes: z.array(z.string()).min(1).max(100).nullable(),
  }),
  response: z.object({ fit: HazardPriorFit }),
});

export const ListHazardPriors = defineRpc({
  owner: 'decision',
  name: 'list-hazard-priors',
  summary: 'Fitted priors, newest first, and the built-in ones.',
  request: z.object({ limit: z.number().int().min(1).max(200).default(50) }),
  response: z.object({
    builtIn: z.object({ up: SpellModel, down: SpellModel }),
    /** Null while the built-in ones are in use. */
    activeFitId: Id.nullable(),
    fits: z.array(HazardPriorFit),
  }),
});

export const ActivateHazardPriors = defineRpc({
  owner: 'decision',
  name: 'activate-hazard-priors',
  summary: 'From now on engines start from these priors.',
  /** Null for the built-in ones. */
  request: z.object({ fitId: Id.nullable() }),
  response: z.object({ activeFitId: Id.nullable() }),
});
