import { runServiceMain } from '@spotopt/platform';
import { pricingService } from './pricing.module.js';

await runServiceMain(pricingService);
