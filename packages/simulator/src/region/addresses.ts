import type { Clock, Ids } from '@spotopt/kernel';
import { awsError } from '../aws/aws-error.js';
import { stateAt, type Instance } from './instance.js';
import type { Instances } from './instances.js';
import type { Timeline } from './timeline.js';
import { hexId } from './zones.js';

export interface Address {
  readonly allocationId: string;
  readonly publicIp: string;
  readonly tags: Map<string, string>;
  associationId: string | undefined;
  instanceId: string | undefined;
}

interface AddressesOptions {
  readonly clock: Clock;
  readonly ids: Ids;
  readonly instances: Instances;
  readonly timeline: Timeline;
}

/** Elastic IP addresses and which instance each one points at. */
export class Addresses {
  readonly #byAllocation = new Map<string, Address>();
  readonly #associationsEverMade = new Set<string>();
  #allocated = 0;

  constructor(private readonly options: AddressesOptions) {
    options.instances.onState((instance, state, atMs) => {
      if (state !== 'shutting-down') return;
      for (const address of this.all()) if (address.instanceId === instance.id) this.#release(address, atMs);
    });
  }

  all(): Address[] {
    return [...this.#byAllocation.values()];
  }

  find(selector: {
    readonly allocationId?: string | undefined;
    readonly publicIp?: string | undefined;
  }): Address {
    const { allocationId, publicIp } = selector;
    const found = this.all().find(
      (address) => address.allocationId === allocationId || address.publicIp === publicIp,
    );
    if (found !== undefined) return found;
    if (allocationId !== undefined) {
      throw awsError('InvalidAllocationID.NotFound', `The allocation ID '${allocationId}' does not exist`);
    }
    throw awsError('InvalidAddress.NotFound', `Address '${publicIp ?? ''}' not found.`);
  }

  allocate(tags: ReadonlyMap<string, string>): Address {
    this.#allocated += 1;
    const address: Address = {
      allocationId: hexId('eipalloc', this.options.ids.next()),
      // 198.18.0.0/15 is set aside for tests and belongs to nobody.
      publicIp: `198.${18 + (this.#allocated >> 16)}.${(this.#allocated >> 8) & 255}.${this.#allocated & 255}`,
      tags: new Map(tags),
      associationId: undefined,
      instanceId: undefined,
    };
    this.#byAllocation.set(address.allocationId, address);
    return address;
  }

  /** Takes over an address of an earlier run, with its association if that instance came back too. */
  restore(address: Address): void {
    const instance =
      address.instanceId === undefined ? undefined : this.options.instances.get(address.instanceId);
    this.#allocated += 1;
    if (instance !== undefined) instance.publicIp = address.publicIp;
    this.#byAllocation.set(
      address.allocationId,
      instance === undefined ? { ...address, instanceId: undefined, associationId: undefined } : address,
    );
  }

  release(address: Address): void {
    if (address.associationId !== undefined) {
      throw awsError('InvalidIPAddress.InUse', `Address ${address.publicIp} is in use.`);
    }
    this.#byAllocation.delete(address.allocationId);
  }

  /** Associating again with the same instance changes nothing and answers the same association. */
  associate(address: Address, instance: Instance, allowReassociation: boolean): string {
    const nowMs = this.options.clock.nowMs();
    if (address.associationId !== undefined && address.instanceId === instance.id)
      return address.associationId;
    const state = stateAt(instance, nowMs);
    if (state !== 'running') {
      const code = state === 'pending' ? 'InvalidInstanceID' : 'IncorrectInstanceState';
      const message = `The ${state} instance '${instance.id}' is not in a valid state for this operation.`;
      throw awsError(code, message);
    }
    if (address.instanceId !== undefined && !allowReassociation) {
      const message = `resource ${address.allocationId} is already associated with associate-id ${address.associationId ?? ''}`;
      throw awsError('Resource.AlreadyAssociated', message);
    }
    const from = address.instanceId;
    this.#release(address, nowMs);
    for (const other of this.all()) if (other.instanceId === instance.id) this.#release(other, nowMs);
    const associationId = hexId('eipassoc', this.options.ids.next());
    this.#associationsEverMade.add(associationId);
    address.associationId = associationId;
    address.instanceId = instance.id;
    instance.publicIp = address.publicIp;
    const detail = { allocationId: address.allocationId, from, to: instance.id };
    this.options.timeline.add(nowMs, 'address.associated', address.publicIp, detail);
    return associationId;
  }

  /** Ending an association that has ended already is no error. */
  disassociate(selector: {
    readonly associationId?: string | undefined;
    readonly publicIp?: string | undefined;
  }): void {
    const { associationId, publicIp } = selector;
    if (associationId !== undefined) {
      const address = this.all().find((candidate) => candidate.associationId === associationId);
      if (address !== undefined) this.#release(address, this.options.clock.nowMs());
      else if (!this.#associationsEverMade.has(associationId)) {
        throw awsError(
          'InvalidAssociationID.NotFound',
          `The association ID '${associationId}' does not exist`,
        );
      }
      return;
    }
    this.#release(this.find({ publicIp }), this.options.clock.nowMs());
  }

  #release(address: Address, atMs: number): void {
    const instance =
      address.instanceId === undefined ? undefined : this.options.instances.get(address.instanceId);
    if (instance === undefined) return;
    if (instance.publicIp === address.publicIp) instance.publicIp = undefined;
    address.associationId = undefined;
    address.instanceId = undefined;
    this.options.timeline.add(atMs, 'address.disassociated', address.publicIp, { from: instance.id });
  }
}
