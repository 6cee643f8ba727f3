import { Instances } from '@spotopt/cloud';
import type {
  CloudInstance,
  InstanceSelector,
  InstanceStatus,
  LaunchAnyOfRequest,
  LaunchAnyOfResult,
  LaunchRequest,
  LaunchSettings,
  LaunchedInstance,
  Termination,
} from '@spotopt/cloud';
import type { Ec2Child } from './ec2-child.js';
import type { Ec2Method } from './ec2-protocol.js';

/** EC2 through the helper process. */
export class ChildInstances extends Instances {
  constructor(private readonly child: Ec2Child) {
    super();
  }

  override launch(request: LaunchRequest): Promise<LaunchedInstance> {
    return this.#call('launch', request);
  }

  override launchAnyOf(request: LaunchAnyOfRequest): Promise<LaunchAnyOfResult> {
    return this.#call('launchAnyOf', request);
  }

  override ensureLaunchTemplate(name: string, settings: LaunchSettings): Promise<string> {
    return this.#call('ensureLaunchTemplate', name, settings);
  }

  override describe(selector: InstanceSelector): Promise<readonly CloudInstance[]> {
    return this.#call('describe', selector);
  }

  override status(ec2InstanceIds: readonly string[]): Promise<readonly InstanceStatus[]> {
    return this.#call('status', ec2InstanceIds);
  }

  override terminate(ec2InstanceIds: readonly string[]): Promise<readonly Termination[]> {
    return this.#call('terminate', ec2InstanceIds);
  }

  override tag(ec2InstanceIds: readonly string[], tags: Readonly<Record<string, string>>): Promise<void> {
    return this.#call('tag', ec2InstanceIds, tags);
  }

  override findSubnet(vpcId: string, az: string): Promise<string | null> {
    return this.#call('findSubnet', vpcId, az);
  }

  /** The other end is this same program, so its answers have the types of the port. */
  async #call<T>(method: Ec2Method, ...args: readonly unknown[]): Promise<T> {
    return (await this.child.call(method, args)) as T;
  }
}
