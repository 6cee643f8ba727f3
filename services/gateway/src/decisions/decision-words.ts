/** What a code means, for a reader who does not know it. */
const WORDS: Readonly<Record<string, string>> = {
  'agent-disabled': 'the agent is disabled',
  'agent-offline': 'the agent does not report',
  'switch-under-way': 'a switch is still running',
  'proposal-open': 'an earlier proposal may still be taken up',
  cooldown: 'the last change of primary is too recent',
  'daily-limit': 'the switches of the day are used up',
  'weekly-limit': 'the switches of the week are used up',
  'standby-too-young': 'the present standby was only just asked for',
  'auto-switch-off': 'automatic switching is off',
  'confidence-too-low': 'the engine trusts itself too little to act',
  'current-pool': 'the workload runs here already',
  'price-unknown': 'no price is known',
  'price-stale': 'the price was read too long ago',
  'price-estimated': 'the price is only an estimate',
  'current-price-unknown': 'the present price is not known',
  'pool-blocked': 'it failed lately and is held back',
  'pool-unavailable': 'it gives no machines now',
  'pool-under-notice': 'AWS announced that it takes machines back here',
  'saving-too-small': 'it saves less than the limit',
  'risk-too-high': 'its risk is above the limit',
  'too-young': 'it came back too recently to be trusted',
  'not-cheapest': 'another one costs less, all in all',
};

export function meaningOf(code: string): string {
  return WORDS[code] ?? code;
}
