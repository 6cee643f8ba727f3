import { runServiceMain } from '@spotopt/platform';
import { emergencyService } from './index.js';

await runServiceMain(emergencyService);
