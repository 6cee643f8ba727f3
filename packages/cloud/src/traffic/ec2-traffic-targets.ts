import { assertNever } from '@spotopt/kernel';
import type { Ec2Connection } from '../aws-client.js';
import { toCloudError } from '../aws-errors.js';
import { TrafficTargets } from './traffic-targets.js';
import type { TrafficTarget } from './traffic-targets.js';

export class Ec2TrafficTargets extends TrafficTargets {
  constructor(private readonly connection: Ec2Connection) {
    super();
  }

  override async move(target: TrafficTarget, ec2InstanceId: string): Promise<void> {
    switch (target.kind) {
      case 'none':
        return;
      case 'elastic-ip':
        await this.#associate(target.allocationId, ec2InstanceId);
        return;
      default:
        assertNever(target);
    }
  }

  override async holder(target: TrafficTarget): Promise<string | null> {
    switch (target.kind) {
      case 'none':
        return null;
      case 'elastic-ip':
        return this.#associatedInstance(target.allocationId);
      default:
        return assertNever(target);
    }
  }

  async #associate(allocationId: string, ec2InstanceId: string): Promise<void> {
    try {
      const { sdk, client } = await this.connection.open();
      await client.send(
        new sdk.AssociateAddressCommand({
          AllocationId: allocationId,
          InstanceId: ec2InstanceId,
          AllowReassociation: true,
        }),
      );
    } catch (error) {
      throw toCloudError(error, 'AssociateAddress');
    }
  }

  async #associatedInstance(allocationId: string): Promise<string | null> {
    try {
      const { sdk, client } = await this.connection.open();
      const answer = await client.send(new sdk.DescribeAddressesCommand({ AllocationIds: [allocationId] }));
      const instanceId = answer.Addresses?.[0]?.InstanceId;
      return instanceId === undefined || instanceId === '' ? null : instanceId;
    } catch (error) {
      throw toCloudError(error, 'DescribeAddresses');
    }
  }
}
