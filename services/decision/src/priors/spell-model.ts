import type { SpellModel } from '@spotopt/contracts';

/** How long a pool stayed up, or down. */
export interface Spell {
  readonly seconds: number;
  /** False when its end was not seen: it lasted at least that long. */
  readonly ended: boolean;
}

export interface HazardPriors {
  readonly up: SpellModel;
  readonly down: SpellModel;
}

/**
 * Where nothing is fitted: round figures of some 3,000 spells of GPU pools that were watched by others. Half of the
 * spells end within β·(2^(1/α) − 1), 41 minutes for up and 30 for down, and the tail is heavy.
 */
export const BUILT_IN_PRIORS: HazardPriors = {
  up: { alpha: 0.8, betaSeconds: 30 * 60 },
  down: { alpha: 1, betaSeconds: 30 * 60 },
};

/** Few spells say little about β, so it is only looked for where it makes sense: 10 to 30 min, minute by minute. */
const BETAS_SECONDS = Array.from({ length: 21 }, (_, index) => (10 + index) * 60);
/** The prior on α weighs as much as this many spells whose end was seen. */
const PRIOR_SPELLS = 4;

/**
 * Maximum a-posteriori fit of a Lomax distribution to lengths of spells, some of which were cut off.
 *
 *     hazard    h(t) = α / (β + t)            survival  S(t) = (β / (β + t))^α
 *     a spell of length t with its end seen contributes  log h(t) + log S(t) = log α − log(β + t) − α·log(1 + t/β)
 *     one that was cut off at t contributes              log S(t)            = − α·log(1 + t/β)
 *
 * With n ends seen, W(β) = Σ log(1 + t/β) over all spells, and α ~ Gamma(shape 1 + k, rate k/α₀), whose mode is α₀:
 *
 *     log posterior = (n + k)·log α − Σ_ended log(β + t) − α·(W(β) + k/α₀)
 *     for a given β it is greatest at  α(β) = (n + k) / (W(β) + k/α₀)
 *
 * β takes the value of the grid with the greatest posterior; of equal ones the nearest to that of the prior.
 * Without any spell the answer is the prior.
 */
export function fitSpells(spells: readonly Spell[], prior: SpellModel): SpellModel {
  const grid = [...new Set([prior.betaSeconds, ...BETAS_SECONDS])].sort(
    (a, b) => Math.abs(a - prior.betaSeconds) - Math.abs(b - prior.betaSeconds) || a - b,
  );
  let best: { readonly model: SpellModel; readonly logPosterior: number } | null = null;
  for (const betaSeconds of grid) {
    const found = fitAlpha(spells, betaSeconds, prior.alpha);
    if (best === null || found.logPosterior > best.logPosterior + 1e-9) best = found;
  }
  return best?.model ?? prior;
}

function fitAlpha(
  spells: readonly Spell[],
  betaSeconds: number,
  priorAlpha: number,
): { model: SpellModel; logPosterior: number } {
  let ends = 0;
  let exposure = 0;
  let logs = 0;
  for (const { seconds, ended } of spells) {
    exposure += Math.log1p(seconds / betaSeconds);
    if (!ended) continue;
    ends += 1;
    logs += Math.log(betaSeconds + seconds);
  }
  const rate = exposure + PRIOR_SPELLS / priorAlpha;
  const alpha = (ends + PRIOR_SPELLS) / rate;
  const logPosterior = (ends + PRIOR_SPELLS) * Math.log(alpha) - logs - alpha * rate;
  return { model: { alpha, betaSeconds }, logPosterior };
}
