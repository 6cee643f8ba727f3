import { afterAll } from '@jest/globals';
import { BreakableRabbits } from '../contract/rabbit-harness.contract.js';
import { messageBusContract } from '../message-bus.contract.js';

const rabbits = new BreakableRabbits();

afterAll(async () => {
  await rabbits.dispose();
}, 60_000);

messageBusContract('RabbitMQ', rabbits.factory);
