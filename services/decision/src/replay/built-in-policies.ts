import { GreedyPolicy, HotStandbyPolicy, OnDemandPolicy, SingleSpotPolicy } from './baselines.js';
import { MarketView, type PromptPolicy } from './policy.js';
import { REPLAY_RULES, type ReplayMarket, type ReplayRules } from './scenario.js';
import { SeedPolicy } from './seed-policy.js';

/** Plain policies that an engine is compared with. */
const BUILT_IN = {
  'on-demand': () => new OnDemandPolicy(),
  'single-spot': (view) => new SingleSpotPolicy(view),
  greedy: (view) => new GreedyPolicy(view),
  seed: (view) => new SeedPolicy(view),
  'seed-age0': (view) => new SeedPolicy(view, 'new'),
  'hot-standby': (view) => new HotStandbyPolicy(view),
} as const satisfies Record<string, (view: MarketView) => PromptPolicy>;

export type BuiltInPolicyName = keyof typeof BUILT_IN;
export const BUILT_IN_POLICIES = Object.keys(BUILT_IN) as readonly BuiltInPolicyName[];

export function builtInPolicy(
  name: BuiltInPolicyName,
  market: ReplayMarket,
  rules: ReplayRules = REPLAY_RULES,
): PromptPolicy {
  return BUILT_IN[name](new MarketView(market, rules));
}
