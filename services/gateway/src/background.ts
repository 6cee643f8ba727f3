import { Injectable } from '@nestjs/common';
import type { OnApplicationBootstrap, OnApplicationShutdown, OnModuleDestroy } from '@nestjs/common';

/** One thing that runs beside the requests. */
export interface BackgroundPart {
  readonly start: () => void | Promise<void>;
  /** Called while requests are still served: open streams end here. */
  readonly release?: () => void;
  /** Called after the last request. */
  readonly stop: () => void | Promise<void>;
}

/** Starts and stops what runs beside the requests, with the application. */
@Injectable()
export class Background implements OnApplicationBootstrap, OnModuleDestroy, OnApplicationShutdown {
  constructor(private readonly parts: readonly BackgroundPart[]) {}

  async onApplicationBootstrap(): Promise<void> {
    for (const part of this.parts) await part.start();
  }

  onModuleDestroy(): void {
    for (const part of this.parts) part.release?.();
  }

  async onApplicationShutdown(): Promise<void> {
    await Promise.all(this.parts.map(async (part) => part.stop()));
  }
}
