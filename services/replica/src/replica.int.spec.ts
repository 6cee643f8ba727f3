import { afterEach, describe, expect, it } from '@jest/globals';
import {
  type AgentCommand,
  ChangeAgentSettings,
  CommandCompletedV1,
  CommandRequestedV1,
  FleetSummary,
  HeartbeatsV1,
  InstanceTerminatedV1,
  InterruptionDetectedV1,
  ListAgents,
  ListReplicas,
  ListSwitches,
  RegisterAgent,
  ReplicaRequestedV1,
  ResolveAgent,
  SpotPriceChangedV1,
  SwitchFinishedV1,
  UpdateReplica,
} from '@spotopt/contracts';
import { databaseDialects, waitFor } from '@spotopt/testkit';
import { TestService } from '@spotopt/testkit/service';
import { replicaService } from './index.js';
import { ALL_COMMANDS, CLIENT, NOW } from './testing/replica-world.contract.js';

describe.each(databaseDialects())('the replica service on %s', (dialect) => {
  const cleanUps: (() => Promise<unknown>)[] = [];

  afterEach(async () => {
    for (const cleanUp of cleanUps.splice(0).reverse()) await cleanUp();
  });

  async function start() {
    const service = await TestService.start(replicaService, { dialect, now: NOW });
    cleanUps.push(() => service.stop());
    const { clock, ofType, rpc } = service;
    const publish: TestService['publish'] = (...event) => service.publish(...event);
    const command = (commandType: AgentCommand['commandType']): Promise<AgentCommand> =>
      waitFor(
        () => ofType(CommandRequestedV1).find((data) => data.command.commandType === commandType)?.command,
        { what: `the command ${commandType}` },
      );
    return { clock, publish, ofType, command, rpc };
  }

  type Started = Awaited<ReturnType<typeof start>>;

  const register = ({ rpc }: Started, ec2InstanceId: string, zone: string) =>
    rpc.call(RegisterAgent, {
      clientId: CLIENT,
      logicalAgentId: 'web-1',
      ec2InstanceId,
      instanceType: 't3.medium',
      region: 'us-east-1',
      az: `us-east-1${zone}`,
      amiId: 'ami-1',
      mode: 'spot',
      hostname: 'host',
      privateIp: null,
      publicIp: null,
      agentVersion: '5.0.0',
      commandTypes: [...ALL_COMMANDS],
    });

  const beat = ({ publish, clock }: Started, agentKey: string, epoch: number) =>
    publish(HeartbeatsV1, {
      beats: [
        {
          agentKey,
          agentId: agentKey,
          clientId: CLIENT,
          status: 'online',
          ec2InstanceId: null,
          mode: 'spot',
          epoch,
          serving: true,
          receivedAt: clock.now().toISOString(),
        },
      ],
    });

  const completed = (
    { publish, clock }: Started,
    command: AgentCommand,
    result: Record<string, unknown> = {},
  ) => {
    const { commandId, commandType, agentKey, agentId, clientId } = command;
    const finishedAt = clock.now().toISOString();
    const common = { commandId, commandType, agentKey, agentId, clientId };
    return publish(CommandCompletedV1, { ...common, success: true, message: 'done', result, finishedAt });
  };

  const price = ({ publish, clock }: Started, zone: string, spotUsdPerHour: number) =>
    publish(SpotPriceChangedV1, {
      poolId: `t3.medium.us-east-1${zone}`,
      region: 'us-east-1',
      az: `us-east-1${zone}`,
      instanceType: 't3.medium',
      spotUsdPerHour,
      previousUsdPerHour: null,
      onDemandUsdPerHour: 0.0416,
      source: 'spot-price-history',
      observedAt: clock.now().toISOString(),
    });

  it('keeps a standby, fails over to it, and retires the old machine', async () => {
    const service = await start();
    const { rpc, ofType, command, clock, publish } = service;
    await price(service, 'a', 0.01);
    await price(service, 'b', 0.012);
    const { agent } = await register(service, 'i-0001', 'a');
    const { agentId } = agent;
    const ref = { clientId: CLIENT, agentRef: agentId };
    await beat(service, agentId, 1);

    const changes = { manualReplicaEnabled: true, terminateWaitSeconds: 60 };
    const { settings } = await rpc.call(ChangeAgentSettings, { ...ref, changes });
    expect(settings).toMatchObject({ manualReplicaEnabled: true, autoSwitchEnabled: false });
    const launch = await command('create_replica');
    expect(ofType(ReplicaRequestedV1)).toEqual([expect.objectContaining({ replicaType: 'manual', agentId })]);

    // The launcher's own report is lost: the answer of its command names the machine.
    await completed(service, launch, { ec2InstanceId: 'i-0002' });
    const { replicaId } = await waitFor(
      async () => {
        const { replicas } = await rpc.call(ListReplicas, { ...ref, status: null, includeTerminated: false });
        return replicas.find((replica) => replica.ec2InstanceId === 'i-0002');
      },
      { what: 'the standby’s machine' },
    );
    const standby = await register(service, 'i-0002', 'b');
    expect(standby.agent).toMatchObject({ role: 'REPLICA', enabled: false });
    const update = { ...ref, replicaId, ec2InstanceId: null, syncStatus: null, syncLatencyMs: null };
    await rpc.call(UpdateReplica, {
      ...update,
      status: 'ready',
      stateTransferProgress: 100,
      errorMessage: null,
    });

    await publish(InterruptionDetectedV1, {
      incidentId: 'incident-1',
      agentId,
      clientId: CLIENT,
      ec2InstanceId: 'i-0001',
      urgency: 'terminate',
      signal: 'termination-notice',
      deadlineAt: new Date(clock.nowMs() + 120_000).toISOString(),
      detectedAt: clock.now().toISOString(),
      risk: null,
      bypassed: [],
    });
    await completed(service, await command('quiesce'), { servedUntil: clock.now().toISOString() });
    await clock.advance(800);
    const promote = await command('promote');
    expect(promote).toMatchObject({ agentKey: standby.agent.agentKey, epoch: 2 });
    await completed(service, promote, { servingSince: clock.now().toISOString() });
    await beat(service, standby.agent.agentKey, 2);
    const [finished] = await waitFor(() => ofType(SwitchFinishedV1).length > 0 && ofType(SwitchFinishedV1), {
      what: 'the end of the switch',
    });
    expect(finished).toMatchObject({ incidentId: 'incident-1', downtimeMs: 800, epoch: 2 });

    await clock.advanceUntil(
      () => ofType(CommandRequestedV1).some((data) => data.command.commandType === 'terminate_instance'),
      { what: 'the end of the old machine', limitMs: 180_000 },
    );
    await completed(service, await command('terminate_instance'), { ec2InstanceId: 'i-0001' });
    await waitFor(() => ofType(InstanceTerminatedV1).length > 0, { what: 'the confirmed end' });

    const { agents } = await rpc.call(ListAgents, { clientId: CLIENT, includeDeleted: false });
    expect(agents).toEqual([expect.objectContaining({ agentId, ec2InstanceId: 'i-0002', epoch: 2 })]);
    const { switches } = await rpc.call(ListSwitches, { clientId: CLIENT, agentId, limit: 10, offset: 0 });
    expect(switches).toEqual([expect.objectContaining({ status: 'finished', trigger: 'emergency' })]);
    const summary = await rpc.call(FleetSummary, { clientId: CLIENT });
    expect(summary).toMatchObject({
      agentsTotal: 1,
      replicasActive: 0,
      replicasReady: 0,
      switchesTotal: 1,
      emergencySwitches: 1,
      downtimeMsTotal: 800,
    });
    const resolved = await rpc.call(ResolveAgent, { clientId: 'client-2', agentRef: agentId });
    expect(resolved.agent).toBeNull();
  });
});
