import { InstanceHours } from './ports.js';

/** Until hours are recorded nobody knows of any: rates per instance day are then null. */
export class UnrecordedHours extends InstanceHours {
  override perPool(): Promise<Map<string, number>> {
    return Promise.resolve(new Map<string, number>());
  }
}
