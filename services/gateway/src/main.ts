import { runServiceMain } from '@spotopt/platform';
import { gatewayService } from './index.js';

await runServiceMain(gatewayService);
