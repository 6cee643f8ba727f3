import type { ResponseOf } from '@spotopt/contracts/http';
import { SystemHealthRoute } from '@spotopt/contracts/http';
import { Routes, Serves } from '../route.js';
import { SystemHealth } from './system-health.js';

@Routes()
export class SystemHealthController {
  constructor(private readonly systemHealth: SystemHealth) {}

  @Serves(SystemHealthRoute)
  async health(): Promise<ResponseOf<typeof SystemHealthRoute>> {
    return this.systemHealth.execute();
  }
}
