import { AgentOfflineV1, AgentOnlineV1, PricingReportedV1 } from '@spotopt/contracts';
import { AppError } from '@spotopt/kernel';
import { compareWithFile } from '@spotopt/pricing';
import { ofType } from '../event-log.js';
import { holdStill } from '../observations.js';
import { poolsOf, readStoredHistory, simulatedHistory } from '../prices.js';
import { type Findings, invariant, type Scenario } from '../scenario.js';

const MINUTE_MS = 60_000;
const OFFLINE_MS = 20 * MINUTE_MS;
/** Past that is compared besides the gap: a day of backfill. */
const PAST_MS = 24 * 60 * MINUTE_MS;
/** The cloud's history is read every five minutes. */
const NEXT_READ_MS = 6 * MINUTE_MS;

/** The agent is silent for twenty minutes while its machine works on: prices must stay whole. */
export const dataGap: Scenario = {
  name: 'data-gap',
  summary: 'an agent is offline for 20 minutes; prices of its pools are neither lost nor doubled',
  world: { workloads: 1, market: 'spot' },
  speed: { standalone: 60, distributed: 30 },

  async play(world, events, tell): Promise<Findings> {
    const workload = world.workloads[0];
    if (workload === undefined) throw AppError.bug('no-workload', 'the world has no workload');
    const agent = await holdStill(world, workload);
    await events.until('a first price report', (event) => event.type === PricingReportedV1.type);
    const poolIds = poolsOf(world, agent.ec2InstanceId);
    const zeroMs = world.clock.nowMs();
    const gapEndsMs = zeroMs + OFFLINE_MS;
    await world.stopAgent(agent.ec2InstanceId);
    tell(`the agent on ${agent.ec2InstanceId} is silent for 20 minutes`);
    await events.until('the agent to count as offline', (event) => event.type === AgentOfflineV1.type);
    await world.clock.sleep(gapEndsMs - world.clock.nowMs());
    world.startAgent(agent.ec2InstanceId);
    const online = await events.until(
      'the agent to come back',
      (event) => event.type === AgentOnlineV1.type && Date.parse(event.time) >= gapEndsMs,
    );
    const untilMs = world.clock.nowMs();
    await world.clock.sleep(NEXT_READ_MS);
    const stored = await readStoredHistory(world, poolIds);
    const comparison = compareWithFile(simulatedHistory(world, poolIds), stored, {
      poolIds: new Set(poolIds),
      fromMs: zeroMs - PAST_MS,
      untilMs,
    });
    const reports = ofType(PricingReportedV1, await events.all());
    const inGap = reports.filter(({ data }) => {
      const atMs = Date.parse(data.receivedAt);
      return atMs > zeroMs + MINUTE_MS && atMs < gapEndsMs;
    });
    return {
      zeroMs,
      invariants: [
        invariant('gap-is-real', inGap.length === 0, `${String(inGap.length)} reports inside the gap`),
        invariant(
          'none-lost',
          comparison.lost.length === 0 && comparison.fileRows > 0,
          `${String(comparison.lost.length)} of ${String(comparison.fileRows)} price changes lost`,
        ),
        invariant(
          'none-doubled',
          comparison.doubled.length === 0 && comparison.invented.length === 0,
          `${String(comparison.doubled.length)} doubled, ${String(comparison.invented.length)} invented`,
        ),
        invariant(
          'reports-resume',
          reports.length > inGap.length,
          `${String(reports.length)} reports in all`,
        ),
      ],
      figures: {
        offlineMinutes: OFFLINE_MS / MINUTE_MS,
        backAfterSeconds: (Date.parse(online.time) - gapEndsMs) / 1000,
        pools: poolIds.length,
        priceChanges: comparison.fileRows,
        agentReports: reports.length,
      },
    };
  },
};
