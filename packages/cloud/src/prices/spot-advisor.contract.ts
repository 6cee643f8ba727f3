import { beforeAll, expect, it } from '@jest/globals';
import type { SpotAdvisor } from '@spotopt/cloud';

export interface SpotAdvisorUnderTest {
  readonly advisor: SpotAdvisor;
  failOnce(): void;
}

/** What every implementation of `SpotAdvisor` promises, for a file that has m5.large and t3.medium in us-east-1. */
export function spotAdvisorContract(setUp: () => Promise<SpotAdvisorUnderTest>): void {
  let env: SpotAdvisorUnderTest;

  beforeAll(async () => {
    env = await setUp();
  });

  it('gives the range of interruptions and the saving of each type', async () => {
    const advice = await env.advisor.advice();
    expect(advice.map(({ region, instanceType }) => `${region} ${instanceType}`).sort()).toEqual([
      'us-east-1 m5.large',
      'us-east-1 t3.medium',
    ]);
    for (const { bucket, label, savingsPercent } of advice) {
      expect(['<5%', '5-10%', '10-15%', '15-20%', '>20%'][bucket]).toBe(label);
      expect(savingsPercent).toBeGreaterThan(0);
      expect(savingsPercent).toBeLessThan(100);
    }
  });

  it('fails for now when the file cannot be had', async () => {
    env.failOnce();
    await expect(env.advisor.advice()).rejects.toMatchObject({
      code: 'advisor-unavailable',
      kind: 'transient',
    });
    await expect(env.advisor.advice()).resolves.toHaveLength(2);
  });
}
