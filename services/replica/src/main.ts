import { runServiceMain } from '@spotopt/platform';
import { replicaService } from './index.js';

await runServiceMain(replicaService);
