import { z } from 'zod';
import { PoolId } from '../primitives.js';
import { defineRoute } from './define-route.js';
import { WireInstant } from './wire-primitives.js';

const CSV = ['text/csv'] as const;

export const ExportPricesRoute = defineRoute({
  id: 'exportPrices',
  at: 'GET /api/export/prices',
  summary:
    'Changes of consolidated prices, the last day when no window is given. `aws-json` is what `aws ec2 ' +
    'describe-spot-price-history` prints, and holds no price that was only computed.',
  access: 'client-or-admin',
  query: z.object({
    format: z.enum(['csv', 'aws-json']).default('csv'),
    region: z.string().optional(),
    instance_type: z.string().optional(),
    pool_id: PoolId.optional(),
    from: WireInstant.optional(),
    to: WireInstant.optional(),
  }),
  response: z.string(),
  produces: [...CSV, 'application/json'],
});

export const ExportSavingsRoute = defineRoute({
  id: 'exportSavings',
  at: 'GET /api/client/:clientId/export/savings',
  summary: 'Cost and savings by month, as CSV.',
  access: 'client-or-admin',
  response: z.string(),
  produces: CSV,
});

export const ExportSwitchHistoryRoute = defineRoute({
  id: 'exportSwitchHistory',
  at: 'GET /api/client/:clientId/export/switch-history',
  summary: 'Every switch of a tenant, newest first, as CSV.',
  access: 'client-or-admin',
  response: z.string(),
  produces: CSV,
});

export const ExportGlobalStatsRoute = defineRoute({
  id: 'exportGlobalStats',
  at: 'GET /api/admin/export/global-stats',
  summary: 'A line per tenant, as CSV.',
  access: 'admin',
  response: z.string(),
  produces: CSV,
});
