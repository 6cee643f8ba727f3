import { parsePoolId } from '@spotopt/contracts';
import { AppError, backoffMs, hasCode, toAppError } from '@spotopt/kernel';
import type { Clock, Deadline } from '@spotopt/kernel';
import type {
  CloudInstance,
  InstanceIdentity,
  InstanceMetadata,
  Instances,
  LaunchRequest,
  LaunchedInstance,
} from '@spotopt/cloud';

export interface LaunchTwinDeps {
  readonly clock: Clock;
  readonly random: () => number;
  readonly instances: Instances;
  readonly metadata: InstanceMetadata;
  readonly identity: () => InstanceIdentity;
}

export interface TwinRequest {
  readonly clientToken: string;
  readonly poolId: string;
  readonly mode: 'spot' | 'ondemand';
  readonly tags: Readonly<Record<string, string>>;
}

const ATTEMPTS = 4;

function inheritedFrom(own: CloudInstance): Partial<LaunchRequest> {
  return {
    securityGroupIds: own.securityGroupIds,
    keyName: own.keyName ?? undefined,
    iamInstanceProfile: own.iamInstanceProfileArn ?? undefined,
  };
}

/** Starts a machine like this one in another pool, with this machine's own AWS rights. */
export class LaunchTwin {
  constructor(private readonly deps: LaunchTwinDeps) {}

  async execute(twin: TwinRequest, deadline: Deadline): Promise<LaunchedInstance> {
    const request = await this.#requestFor(twin);
    for (let attempt = 1; ; attempt += 1) {
      try {
        return await this.deps.instances.launch(request);
      } catch (error) {
        const { code, kind } = toAppError(error);
        // An error is not "not done": the machine may be running under this token.
        const found = await this.#byToken(request.clientToken);
        if (found !== undefined) return found;
        const retry = kind === 'transient' && !code.startsWith('capacity-') && attempt < ATTEMPTS;
        if (!retry || deadline.hasPassed()) throw error;
        const { clock, random } = this.deps;
        await clock.sleep(backoffMs(attempt, { initialMs: 1_000, maxMs: 8_000 }, random()));
      }
    }
  }

  async #requestFor(twin: TwinRequest): Promise<LaunchRequest> {
    const { instances, metadata, identity } = this.deps;
    const { instanceType, az } = parsePoolId(twin.poolId);
    const self = identity();
    const own = (await instances.describe({ ids: [self.ec2InstanceId] }))[0];
    const userData = await metadata.userData();
    const subnetId = await this.#subnetFor(own, az);
    return {
      clientToken: twin.clientToken,
      instanceType,
      az,
      market: twin.mode === 'spot' ? 'spot' : 'on-demand',
      imageId: own?.imageId ?? self.imageId,
      tags: twin.tags,
      userData: userData ?? undefined,
      subnetId,
      ...(own === undefined ? {} : inheritedFrom(own)),
    };
  }

  async #subnetFor(own: CloudInstance | undefined, az: string): Promise<string | undefined> {
    if (own === undefined || own.vpcId === null) return undefined;
    if (own.az === az && own.subnetId !== null) return own.subnetId;
    const subnetId = await this.deps.instances.findSubnet(own.vpcId, az);
    if (subnetId === null) {
      throw AppError.permanent('pool-unsupported', `network ${own.vpcId} has no subnet in ${az}`);
    }
    return subnetId;
  }

  async #byToken(clientToken: string): Promise<LaunchedInstance | undefined> {
    try {
      const found = (await this.deps.instances.describe({ clientToken })).find(
        (instance) => instance.state === 'pending' || instance.state === 'running',
      );
      if (found === undefined) return undefined;
      const { ec2InstanceId, instanceType, az, market } = found;
      return { ec2InstanceId, instanceType, az, market };
    } catch (error) {
      // The launch error says more than the failure to look for its result.
      if (hasCode(error, 'unexpected')) throw error;
      return undefined;
    }
  }
}
