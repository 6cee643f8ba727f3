import { describe } from '@jest/globals';
import type { BusHarnessFactory } from './contract/bus-harness.contract.js';
import { deliveryContract } from './contract/delivery.contract.js';
import { failureContract } from './contract/failure.contract.js';
import { lifecycleContract } from './contract/lifecycle.contract.js';
import { rpcContract } from './contract/rpc.contract.js';

/** What every adapter of `MessageBus` promises. */
export function messageBusContract(name: string, factory: BusHarnessFactory): void {
  describe(`MessageBus: ${name}`, () => {
    deliveryContract(factory);
    failureContract(factory);
    lifecycleContract(factory);
    rpcContract(factory);
  });
}
