import type { Provider } from '@nestjs/common';
import type { Ids } from '@spotopt/kernel';
import { CheckReadiness } from './health/check-readiness.js';
import { ModelsController } from './models/models.controller.js';
import { ReceiveModel } from './models/receive-model.js';
import { SystemHealthController } from './models/system-health.controller.js';
import { SystemHealth } from './models/system-health.js';
import { UploadIds } from './models/upload-ids.js';
import type { ServiceRequests } from './ports.js';

export const MODEL_CONTROLLERS = [ModelsController, SystemHealthController];

/** What takes engines in and says which one decides. */
export function modelProviders(base: {
  readonly requests: ServiceRequests;
  readonly ids: Ids;
  readonly maxModelBytes: number;
}): Provider[] {
  const { requests, ids, maxModelBytes } = base;
  return [
    { provide: ReceiveModel, useValue: new ReceiveModel({ requests, maxBytes: maxModelBytes }) },
    { provide: UploadIds, useValue: new UploadIds(ids) },
    {
      provide: SystemHealth,
      useFactory: (readiness: CheckReadiness) => new SystemHealth({ requests, readiness }),
      inject: [CheckReadiness],
    },
  ];
}
