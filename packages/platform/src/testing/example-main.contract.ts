import { runServiceMain } from '../run-service-main.js';
import { exampleService } from './example-service.contract.js';

/** A service process for the tests of how one starts and ends. */
await runServiceMain(exampleService());

if (process.argv.includes('--leave-rejection')) void Promise.reject(new Error('nobody waited for this'));
