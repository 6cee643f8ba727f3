import { beforeEach, expect, it } from '@jest/globals';
import type { PlacementScores } from '@spotopt/cloud';

export interface PlacementScoresUnderTest {
  readonly scores: PlacementScores;
  /** The next question is throttled. */
  throttleOnce(): void;
}

const QUESTION = {
  region: 'us-east-1',
  instanceTypes: ['m5.large', 'm5a.large', 'c5.large', 't3.medium'],
  targetCapacity: 1,
};

/**
 * What every implementation of `PlacementScores` promises, for a region with the zones a, b and c that sell the types
 * above, and a limit of two new configurations in 24 hours.
 */
export function placementScoresContract(setUp: () => Promise<PlacementScoresUnderTest>): void {
  let env: PlacementScoresUnderTest;

  beforeEach(async () => {
    env = await setUp();
  });

  it('scores zones by name from 1 to 10', async () => {
    const scores = await env.scores.scores(QUESTION);
    expect(scores.map(({ az }) => az).sort()).toEqual(['us-east-1a', 'us-east-1b', 'us-east-1c']);
    for (const { score } of scores) expect([1, 2, 3, 4, 5, 6, 7, 8, 9, 10]).toContain(score);
  });

  it('takes the same types in another order for the same question', async () => {
    const first = await env.scores.scores(QUESTION);
    const instanceTypes = QUESTION.instanceTypes.toReversed();
    await env.scores.scores({ ...QUESTION, targetCapacity: 2 });
    await expect(env.scores.scores({ ...QUESTION, instanceTypes })).resolves.toEqual(first);
  });

  it('refuses a third new question in 24 hours, for now, and still answers the old ones', async () => {
    await env.scores.scores(QUESTION);
    await env.scores.scores({ ...QUESTION, targetCapacity: 2 });
    await expect(env.scores.scores({ ...QUESTION, targetCapacity: 3 })).rejects.toMatchObject({
      code: 'placement-score-limit',
      kind: 'transient',
    });
    await expect(env.scores.scores(QUESTION)).resolves.toHaveLength(3);
  });

  it('does not ask about fewer than three types, which always score low', async () => {
    const instanceTypes = ['m5.large', 'c5.large', 'm5.large'];
    await expect(env.scores.scores({ ...QUESTION, instanceTypes })).rejects.toMatchObject({
      code: 'too-few-types',
      kind: 'bug',
    });
  });

  it('tells a throttled question from an answer', async () => {
    env.throttleOnce();
    await expect(env.scores.scores(QUESTION)).rejects.toMatchObject({ code: 'throttled', kind: 'transient' });
    await expect(env.scores.scores(QUESTION)).resolves.toHaveLength(3);
  });
}
