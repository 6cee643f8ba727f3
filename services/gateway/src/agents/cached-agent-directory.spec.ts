import { beforeEach, describe, expect, it } from '@jest/globals';
import type { ResolvedAgent, RpcDefinition, RpcResponse } from '@spotopt/contracts';
import { AppError } from '@spotopt/kernel';
import { ManualClock } from '@spotopt/testkit';
import type { Caller } from '../caller.js';
import { ServiceRequests } from '../ports.js';
import { CachedAgentDirectory } from './cached-agent-directory.js';

const AGENT: ResolvedAgent = {
  agentKey: 'key-1',
  agentId: 'workload-1',
  clientId: 'client-1',
  logicalAgentId: 'web',
  ec2InstanceId: 'i-0abc1234',
  role: 'PRIMARY',
  enabled: true,
  epoch: 1,
  commandTypes: ['switch'],
};
const OWNER: Caller = { kind: 'client', clientId: 'client-1', name: 'acme' };
const STRANGER: Caller = { kind: 'client', clientId: 'client-2', name: 'other' };
const ADMIN: Caller = { kind: 'admin', via: 'token' };

class FleetOwner extends ServiceRequests {
  asked = 0;
  answer: () => ResolvedAgent | null = () => AGENT;

  override async ask<Definition extends RpcDefinition>(): Promise<RpcResponse<Definition>> {
    this.asked += 1;
    await Promise.resolve();
    return { agent: this.answer() } as RpcResponse<Definition>;
  }
}

let clock: ManualClock;
let owner: FleetOwner;
let directory: CachedAgentDirectory;

beforeEach(() => {
  clock = new ManualClock();
  owner = new FleetOwner();
  directory = new CachedAgentDirectory(owner, clock);
});

describe('CachedAgentDirectory', () => {
  it('asks once for a few seconds, and again when the answer is too old for the question', async () => {
    await Promise.all([directory.resolve(OWNER, 'key-1'), directory.resolve(ADMIN, 'key-1')]);
    expect(owner.asked).toBe(1);
    await clock.advance(3_500);
    await directory.resolve(OWNER, 'key-1', { maxAgeMs: 60_000 });
    expect(owner.asked).toBe(1);
    await directory.resolve(OWNER, 'key-1');
    expect(owner.asked).toBe(2);
  });

  it('forgets what an event contradicts, also when the answer is under way', async () => {
    await directory.resolve(OWNER, 'key-1');
    directory.forget('workload-1');
    const promoted: ResolvedAgent = { ...AGENT, epoch: 2 };
    const asking = directory.resolve(OWNER, 'key-1');
    directory.forget('workload-1');
    await asking;
    owner.answer = () => promoted;
    await expect(directory.resolve(OWNER, 'key-1')).resolves.toEqual(promoted);
  });

  it('answers a foreign and a missing id alike', async () => {
    const foreign = directory.resolve(STRANGER, 'key-1');
    await expect(foreign).rejects.toMatchObject({ code: 'not-found', message: 'agent not found' });
    owner.answer = () => null;
    const missing = directory.resolve(STRANGER, 'key-2');
    await expect(missing).rejects.toMatchObject({ code: 'not-found', message: 'agent not found' });
  });

  it('lives on what it knows while the owner does not answer', async () => {
    await directory.resolve(OWNER, 'key-1');
    owner.answer = () => {
      throw AppError.transient('rpc-timeout', 'away');
    };
    await clock.advance(600_000);
    await expect(directory.resolve(OWNER, 'key-1')).resolves.toEqual(AGENT);
    await expect(directory.resolve(STRANGER, 'key-1')).rejects.toMatchObject({ code: 'not-found' });
    await expect(directory.resolve(OWNER, 'key-9')).rejects.toMatchObject({ code: 'rpc-timeout' });
  });
});
