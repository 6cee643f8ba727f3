import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { Advise, type DecisionView, GetDecision, ListAgents, ReplayDecision } from '@spotopt/contracts';
import { AppError } from '@spotopt/kernel';
import { AGENT, GatewayHarness } from '../gateway-harness.contract.js';

const A = 't3.medium.us-east-1a';
const B = 't3.medium.us-east-1b';

const candidate = (zone: string, change: Partial<DecisionView['candidates'][number]> = {}) => ({
  mode: 'spot' as const,
  poolId: `t3.medium.us-east-1${zone}`,
  usdPerHour: 0.0125,
  savingsPercent: 70,
  risk: 0.12,
  lossPerHour: 0.002,
  scoreUsdPerHour: 0.0131,
  expectedUsdPerHour: 0.0125,
  expectedDowntimeSecondsPerHour: 0.36,
  rejectedBecause: [],
  ...change,
});

const view = (clientId: string, change: Partial<DecisionView> = {}): DecisionView => ({
  decisionId: 'decision-1',
  agentId: 'workload-of-key-1',
  clientId,
  decidedAt: '2026-11-21T12:00:00.000Z',
  engine: { engineId: 'builtin:hazard', kind: 'builtin', name: 'hazard', version: '1', sha256: null },
  attempts: [
    {
      engineId: 'upload-1',
      name: 'mine',
      version: '3',
      elapsedMs: 1000,
      failure: { code: 'engine-timeout', message: 'no answer within 1000 ms' },
    },
    { engineId: 'builtin:hazard', name: 'hazard', version: '1', elapsedMs: 0.4, failure: null },
  ],
  action: 'switch_to_spot',
  outcome: 'switch',
  target: { mode: 'spot', poolId: B },
  standby: null,
  reason: `${B} costs 70 % less than now`,
  heldBackBy: [],
  confidence: 0.9,
  estimated: false,
  expectedSaving: {
    grossUsdPerHour: 0.0291,
    doubleRunUsd: 0.0017,
    transferUsd: 0,
    downtimeUsd: 0.0116,
    horizonHours: 24,
    netUsdPerHour: 0.0285,
  },
  current: { mode: 'ondemand', poolId: A, usdPerHour: 0.0416 },
  presentStandby: null,
  candidates: [
    candidate('b'),
    ...Array.from({ length: 12 }, (_, index) =>
      candidate(String(index), { rejectedBecause: ['risk-too-high', 'pool-blocked'] }),
    ),
  ],
  execution: {
    switchId: 'switch-1',
    state: 'finished',
    startedAt: '2026-11-21T12:00:02.000Z',
    endedAt: null,
  },
  autoSwitchEnabled: true,
  ...change,
});

describe('decisions over HTTP', () => {
  let gateway: GatewayHarness;
  let client: { id: string; token: string };
  let advice: () => DecisionView;

  beforeAll(async () => {
    gateway = await GatewayHarness.start();
    client = await gateway.createClient('acme');
    gateway.addAgent(client.id, 'key-1');
    advice = () => view(client.id);
    await gateway.answer(GetDecision, ({ clientId, decisionId, withInputs }) => {
      if (decisionId !== 'decision-1' || (clientId !== null && clientId !== client.id)) {
        throw AppError.permanent('decision-not-found', `no decision ${decisionId}`);
      }
      const inputs = withInputs ? { observation: { at: 'then' }, facts: {}, proposal: {} } : null;
      return { decision: view(client.id), inputs };
    });
    await gateway.answer(ReplayDecision, ({ decisionId }) => ({
      decisionId,
      identical: true,
      storedSha256: 'aa',
      replayedSha256: 'aa',
    }));
    await gateway.answer(Advise, () => ({ decision: advice() }));
  });
  afterAll(() => gateway.stop());

  const get = (path: string) => gateway.call('GET', path, { token: client.token });

  it('say what, why, and what failed before', async () => {
    const { status, body } = await get('/api/decisions/decision-1');
    expect(status).toBe(200);
    expect(body).toMatchObject({
      summary: `moves from on-demand to ${B}`,
      expected_saving: { net_usd_per_hour: 0.0285 },
      attempts: [{ failure: { code: 'engine-timeout' } }, { failure: null }],
      candidates_total: 13,
      execution: { switch_id: 'switch-1', state: 'finished' },
    });
    expect(body['candidates']).toHaveLength(8);
    expect(body).not.toHaveProperty('inputs');
    const whole = await get('/api/decisions/decision-1?inputs=true');
    expect(whole.body).toMatchObject({ inputs: { observation: { at: 'then' } } });
  });

  it('fit one screen of a terminal', async () => {
    const { text } = await get('/api/decisions/decision-1?format=text');
    const lines = text.trimEnd().split('\n');
    expect(lines.length).toBeLessThanOrEqual(24);
    expect(Math.max(...lines.map((line) => line.length))).toBeLessThanOrEqual(110);
    expect(text).toContain(`moves from on-demand to ${B}`);
    expect(text).toContain('mine failed: no answer within 1000 ms');
    expect(text).toContain('and 3 more');
  });

  it('of others are as good as none', async () => {
    const other = await gateway.createClient('other');
    const answer = await gateway.call('GET', '/api/decisions/decision-1', { token: other.token });
    const missing = await get('/api/decisions/decision-9');
    expect([answer.status, missing.status]).toEqual([404, 404]);
  });

  it('can be made again', async () => {
    const answer = await gateway.call('POST', '/api/decisions/decision-1/replay', { token: client.token });
    expect(answer.body).toMatchObject({ identical: true, stored_sha256: 'aa' });
  });

  it('are given on request, in the words of each route', async () => {
    const decided = await gateway.call('POST', '/api/agents/key-1/decide', {
      token: client.token,
      body: { instance: { instance_id: 'i-0042' }, pricing: { current_spot_price: 0.01 } },
    });
    expect(decided.body).toMatchObject({
      instance_id: 'i-0042',
      recommended_action: 'switch_spot',
      recommended_pool_id: B,
      risk_score: 0.12,
      expected_savings_per_hour: 0.0285,
      allowed: true,
    });
    const recommended = await get('/api/agents/key-1/switch-recommendation');
    expect(recommended.body).toMatchObject({
      decision_type: 'switch_to_spot',
      will_auto_execute: true,
      current_pool: { id: A, az: 'us-east-1a' },
    });
    expect(recommended.body['alternative_pools']).toHaveLength(13);
  });

  it('are recommended also with automatic switching off, and when no engine answers', async () => {
    advice = () =>
      view(client.id, { outcome: 'recommend', heldBackBy: ['auto-switch-off'], autoSwitchEnabled: false });
    expect((await get('/api/agents/key-1/switch-recommendation')).body).toMatchObject({
      decision_type: 'switch_to_spot',
      auto_switch_enabled: false,
      will_auto_execute: false,
      reason: expect.stringContaining('automatic switching is off') as unknown,
    });
    advice = () => {
      throw AppError.permanent('nothing-to-decide', 'the agent runs nothing that could be moved');
    };
    expect((await get('/api/agents/key-1/switch-recommendation')).body).toMatchObject({
      decision_type: 'stay_ondemand',
      will_auto_execute: false,
      auto_switch_enabled: false,
      reason: expect.stringContaining('runs nothing') as unknown,
    });
    const end = await gateway.answer(ListAgents, ({ clientId }) => ({
      agents: [{ ...AGENT, poolId: B, clientId: clientId ?? '' }],
    }));
    expect((await get('/api/agents/key-1/switch-recommendation')).body).toMatchObject({
      decision_type: 'stay_spot',
      recommended_pool_id: B,
      auto_switch_enabled: true,
      will_auto_execute: false,
    });
    await end();
  });
});
