export { chooseEmergencyPool, choosePool, nextBlock } from './choose-pool.js';
export type { PoolChoice, PoolQuestion } from './choose-pool.js';
export { PoolStore } from './ports.js';
export type { BlockScope, Pool, PoolBlock } from './ports.js';
