import { runServiceMain } from '@spotopt/platform';
import { decisionService } from './decision.module.js';

await runServiceMain(decisionService);
