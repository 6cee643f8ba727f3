import { SystemClock, UlidIds } from '@spotopt/kernel';
import { generatedPriceBook, seededRandom, startSimulator } from '@spotopt/simulator';
import type { Simulator, SimulatorOptions } from '@spotopt/simulator';
import type { AwsSettings } from '@spotopt/cloud';

/** A region in which a machine boots within a tenth of a second; every adapter under test talks to one. */
export async function startSimulatedAws(changes: Partial<SimulatorOptions> = {}): Promise<Simulator> {
  const clock = new SystemClock();
  return startSimulator({
    clock,
    ids: new UlidIds(),
    random: seededRandom(7),
    prices: generatedPriceBook({
      startMs: clock.nowMs() - 86_400_000,
      seed: 7,
      instanceTypes: changes.instanceTypes ?? ['t3.medium', 'm5.large'],
    }),
    awsPort: 0,
    metadataPort: 0,
    noticeQueueName: 'notices',
    bootTimes: { minMs: 50, maxMs: 100 },
    statusCheckMs: 50,
    shutdownMs: 50,
    ...changes,
  });
}

export function settingsFor(simulator: Simulator): AwsSettings {
  return {
    region: simulator.region.name,
    endpoint: simulator.endpoint,
    credentials: { accessKeyId: 'simulated', secretAccessKey: 'simulated' },
    maxAttempts: 3,
  };
}
