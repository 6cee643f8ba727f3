import { SystemClock } from '@spotopt/kernel';
import { silentLogger } from '../bus-logger.js';
import type { BreakableBusHarness } from '../contract/bus-harness.contract.js';
import { MemoryAttemptStore } from '../memory-attempt.store.js';
import { messageBusContract } from '../message-bus.contract.js';
import { InProcessBroker } from './in-process-broker.js';
import { InProcessMessageBus } from './in-process-message-bus.js';

function open(): Promise<BreakableBusHarness> {
  const clock = new SystemClock();
  const broker = new InProcessBroker(clock);
  const buses: InProcessMessageBus[] = [];
  return Promise.resolve({
    connect: (attempts = new MemoryAttemptStore()) => {
      const bus = new InProcessMessageBus(broker, { clock, attempts, logger: silentLogger });
      buses.push(bus);
      return Promise.resolve(bus);
    },
    breakBroker: () => {
      broker.stop();
      return Promise.resolve();
    },
    mendBroker: () => {
      broker.start();
      return Promise.resolve();
    },
    dispose: async () => {
      await Promise.all(buses.map((bus) => bus.close(0)));
    },
  });
}

messageBusContract('in-process', { open, openBreakable: open });
