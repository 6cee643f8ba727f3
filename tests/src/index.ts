export { Api } from './scenario/api.js';
export { SupervisedProcess } from './scenario/child-process.js';
export { freePort } from './scenario/distributed-world.js';
