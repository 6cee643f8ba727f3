import { AppError } from '@spotopt/kernel';
import type { FastifyInstance } from 'fastify';
import { createAwsServer } from './aws/aws-server.js';
import type { FaultRequest } from './faults/faults.js';
import { createMetadataServer } from './imds/imds-server.js';
import { startSource, type InterruptionSource } from './interruptions/source.js';
import type { PriceBook } from './prices/price-book.js';
import { SimulatedRegion, type RegionOptions } from './region/simulated-region.js';

export interface SimulatorOptions extends Omit<RegionOptions, 'priceBook'> {
  /** Made by `loadPriceFile`, `recordedPriceBook` or `generatedPriceBook`; it also names the region. */
  readonly prices: PriceBook;
  /** Endpoint for EC2, SQS and STS, and for the control interface. 0 takes any free port. */
  readonly awsPort: number;
  readonly metadataPort: number;
  /** @default 127.0.0.1 */
  readonly host?: string;
  /** This queue exists from the start and receives all events about instances. */
  readonly noticeQueueName: string;
  readonly faults?: readonly FaultRequest[];
  /** What takes capacity away. @default nothing but what is asked for by method or control interface */
  readonly interruptions?: readonly InterruptionSource[];
}

export interface Simulator {
  /** For the `endpoint` of SDK clients. */
  readonly endpoint: string;
  /** Metadata of an instance is under `<metadataBaseUrl>/<instance id>/latest`. */
  readonly metadataBaseUrl: string;
  readonly noticeQueueUrl: string;
  readonly region: SimulatedRegion;
  readonly priceBook: PriceBook;
  stop(): Promise<void>;
}

function isPortInUse(error: unknown): boolean {
  return typeof error === 'object' && error !== null && 'code' in error && error.code === 'EADDRINUSE';
}

async function listen(server: FastifyInstance, host: string, port: number): Promise<string> {
  try {
    return await server.listen({ host, port });
  } catch (error) {
    if (!isPortInUse(error)) throw error;
    const message = `port ${port} on ${host} is in use`;
    throw AppError.permanent('port-in-use', message, { details: { port, host }, cause: error });
  }
}

/**
 * Starts a region that AWS clients can talk to.
 * @throws AppError `port-in-use` with `details.port`
 */
export async function startSimulator(options: SimulatorOptions): Promise<Simulator> {
  const region = new SimulatedRegion({ ...options, priceBook: options.prices });
  region.queues.create(options.noticeQueueName);
  region.queues.addTarget(options.noticeQueueName);
  for (const fault of options.faults ?? []) region.faults.add(fault);
  for (const source of options.interruptions ?? []) startSource(region, source);
  const host = options.host ?? '127.0.0.1';
  const awsServer = createAwsServer(region);
  const metadataServer = createMetadataServer(region);
  const stop = async (): Promise<void> => {
    await region.schedule.stop();
    await Promise.all([awsServer.close(), metadataServer.close()]);
  };
  try {
    const endpoint = await listen(awsServer, host, options.awsPort);
    const metadataBaseUrl = await listen(metadataServer, host, options.metadataPort);
    region.schedule.start();
    const noticeQueueUrl = `${endpoint}/${region.account}/${options.noticeQueueName}`;
    return { endpoint, metadataBaseUrl, noticeQueueUrl, region, priceBook: options.prices, stop };
  } catch (error) {
    await stop();
    throw error;
  }
}
