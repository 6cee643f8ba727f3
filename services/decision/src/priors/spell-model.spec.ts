import { describe, expect, it } from '@jest/globals';
import type { SpellModel } from '@spotopt/contracts';
import { mulberry32 } from '@spotopt/testkit';
import { fitPriors } from './fit-priors.js';
import { BUILT_IN_PRIORS, fitSpells, type Spell } from './spell-model.js';

const MINUTE = 60;
const PRIOR: SpellModel = { alpha: 0.5, betaSeconds: 20 * MINUTE };

/** Drawn by inverting S(t) = (β/(β+t))^α, and cut off after a time that has nothing to do with it. */
function drawn(count: number, model: SpellModel, options: { seed: number; watchSeconds?: number }): Spell[] {
  const random = mulberry32(options.seed);
  return Array.from({ length: count }, () => {
    const seconds = model.betaSeconds * ((1 - random()) ** (-1 / model.alpha) - 1);
    const watched =
      options.watchSeconds === undefined ? Infinity : -Math.log(1 - random()) * options.watchSeconds;
    return { seconds: Math.min(seconds, watched), ended: seconds <= watched };
  });
}

describe('fitting spells', () => {
  it.each([
    { alpha: 0.4, betaSeconds: 12 * MINUTE },
    { alpha: 0.8, betaSeconds: 20 * MINUTE },
    { alpha: 1.5, betaSeconds: 27 * MINUTE },
  ])('finds the parameters again that spells were drawn with: $alpha, $betaSeconds s', (model) => {
    const found = fitSpells(drawn(4_000, model, { seed: 20261121 }), PRIOR);
    expect(Math.abs(found.alpha / model.alpha - 1)).toBeLessThan(0.08);
    expect(Math.abs(found.betaSeconds - model.betaSeconds)).toBeLessThanOrEqual(4 * MINUTE);
  });

  it('is not misled by spells whose end was not seen; taking them for ended is far off', () => {
    const model = { alpha: 0.6, betaSeconds: 20 * MINUTE };
    const spells = drawn(4_000, model, { seed: 7, watchSeconds: 3_600 });
    expect(spells.filter(({ ended }) => !ended).length).toBeGreaterThan(1_000);
    const error = (alpha: number): number => Math.abs(alpha / model.alpha - 1);
    const minded = fitSpells(spells, PRIOR).alpha;
    const asEnded = fitSpells(
      spells.map(({ seconds }) => ({ seconds, ended: true })),
      PRIOR,
    ).alpha;
    const leftOut = fitSpells(
      spells.filter(({ ended }) => ended),
      PRIOR,
    ).alpha;
    expect(error(minded)).toBeLessThan(0.08);
    expect(error(asEnded)).toBeGreaterThan(0.5);
    expect(error(leftOut)).toBeGreaterThan(0.5);
  });

  it('is the greatest posterior: no other parameters of the grid are likelier', () => {
    const spells = drawn(200, { alpha: 0.9, betaSeconds: 15 * MINUTE }, { seed: 3, watchSeconds: 7_200 });
    const logPosterior = ({ alpha, betaSeconds }: SpellModel): number =>
      spells.reduce(
        (sum, { seconds, ended }) =>
          sum +
          (ended ? Math.log(alpha / (betaSeconds + seconds)) : 0) -
          alpha * Math.log1p(seconds / betaSeconds),
        4 * Math.log(alpha) - (4 / PRIOR.alpha) * alpha,
      );
    const found = fitSpells(spells, PRIOR);
    for (let minutes = 10; minutes <= 30; minutes += 1) {
      for (let alpha = 0.05; alpha < 3; alpha += 0.05) {
        expect(logPosterior(found)).toBeGreaterThanOrEqual(
          logPosterior({ alpha, betaSeconds: 60 * minutes }) - 1e-9,
        );
      }
    }
  });

  it('is the prior without spells, and near it with few', () => {
    expect(fitSpells([], PRIOR)).toEqual(PRIOR);
    const few = fitSpells(drawn(2, { alpha: 3, betaSeconds: 20 * MINUTE }, { seed: 5 }), PRIOR);
    expect(few.alpha).toBeGreaterThan(PRIOR.alpha);
    expect(few.alpha).toBeLessThan(1.5);
  });
});

describe('fitting priors', () => {
  const market = (instanceType: string, up: Spell[]) => ({ region: 'us-east-1', instanceType, up, down: [] });

  it('lets a market with few spells be like the others', () => {
    const calm = drawn(2_000, { alpha: 0.3, betaSeconds: 20 * MINUTE }, { seed: 11 });
    const rough = drawn(2_000, { alpha: 1.6, betaSeconds: 20 * MINUTE }, { seed: 12 });
    const fitted = fitPriors([market('m5.large', calm), market('c5.large', rough), market('t3.medium', [])]);
    const [c5, m5, t3] = fitted.markets;
    expect(fitted.markets.map(({ instanceType }) => instanceType)).toEqual([
      'c5.large',
      'm5.large',
      't3.medium',
    ]);
    expect(c5?.up.alpha).toBeGreaterThan(1.4);
    expect(m5?.up.alpha).toBeLessThan(0.35);
    expect(t3?.up).toMatchObject({ alpha: fitted.all.up.alpha, spells: 0, ended: 0 });
    expect(fitted.all.up).toMatchObject({ spells: 4_000, ended: 4_000 });
    expect(fitted.all.down).toMatchObject({ ...BUILT_IN_PRIORS.down, spells: 0 });
  });
});
