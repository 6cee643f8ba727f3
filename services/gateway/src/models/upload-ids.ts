import type { Ids } from '@spotopt/kernel';
import { createHash } from 'node:crypto';
import { nameOf } from '../caller.js';
import type { Caller } from '../caller.js';

/** Ids of uploads and of other requests that take effect once. The same request id names the same one again. */
export class UploadIds {
  constructor(private readonly ids: Ids) {}

  of(caller: Caller, requestId: string | null, routeId: string): string {
    if (requestId === null) return this.ids.next();
    const digest = createHash('sha256').update([nameOf(caller), routeId, requestId].join('\n'));
    return `upload-${digest.digest('hex').slice(0, 40)}`;
  }
}
