import type { FittedPriors, SpellModel } from '@spotopt/contracts';
import { BUILT_IN_PRIORS, fitSpells, type HazardPriors, type Spell } from './spell-model.js';

export interface MarketSpells {
  readonly region: string;
  readonly instanceType: string;
  readonly up: readonly Spell[];
  readonly down: readonly Spell[];
}

type Kind = 'up' | 'down';

/**
 * Priors of each market, pulled towards those of all markets together, and these towards `prior`: a market with
 * few spells is like the others, a market with many like itself.
 */
export function fitPriors(
  markets: readonly MarketSpells[],
  prior: HazardPriors = BUILT_IN_PRIORS,
): FittedPriors {
  const fit = (spells: readonly Spell[], towards: SpellModel) => ({
    ...roundedModel(fitSpells(spells, towards)),
    spells: spells.length,
    ended: spells.filter(({ ended }) => ended).length,
  });
  const together = (kind: Kind): Spell[] => markets.flatMap((market) => market[kind]);
  const all = {
    up: fit(together('up'), prior.up),
    down: fit(together('down'), prior.down),
  };
  return {
    all,
    markets: markets
      .map(({ region, instanceType, up, down }) => ({
        region,
        instanceType,
        up: fit(up, all.up),
        down: fit(down, all.down),
      }))
      .sort((a, b) => keyOf(a).localeCompare(keyOf(b))),
  };
}

function keyOf({ region, instanceType }: { region: string; instanceType: string }): string {
  return `${region} ${instanceType}`;
}

/** More digits than any number of spells could tell. */
function roundedModel({ alpha, betaSeconds }: SpellModel): SpellModel {
  return { alpha: Number(alpha.toPrecision(6)), betaSeconds };
}
