/** The helper process of `Ec2Child`: answers calls until its parent lets go. */
import { Ec2Connection, Ec2Instances, Ec2SpotMarket } from '@spotopt/cloud';
import type { AwsSettings, PriceHistoryQuery, SpotPricePoint } from '@spotopt/cloud';
import { AppError, toAppError } from '@spotopt/kernel';
import type { Ec2Request, Ec2Response } from './ec2/ec2-protocol.js';

interface Ports {
  readonly instances: Ec2Instances;
  readonly spotMarket: Ec2SpotMarket;
  readonly connection: Ec2Connection;
}

let ports: Ports | undefined;

function open(settings: AwsSettings): Ports {
  const connection = new Ec2Connection(settings);
  return { connection, instances: new Ec2Instances(connection), spotMarket: new Ec2SpotMarket(connection) };
}

async function allPages(spotMarket: Ec2SpotMarket, query: PriceHistoryQuery): Promise<SpotPricePoint[]> {
  const points: SpotPricePoint[] = [];
  for await (const page of spotMarket.priceHistory(query)) points.push(...page);
  return points;
}

function callPort(request: Extract<Ec2Request, { kind: 'call' }>): unknown {
  if (ports === undefined) throw AppError.bug('ec2-not-open', 'a call came before the settings');
  const { instances, spotMarket } = ports;
  const { method, args } = request;
  if (method === 'priceHistory') return allPages(spotMarket, args[0] as PriceHistoryQuery);
  const target = method === 'offerings' ? spotMarket : instances;
  const operation: unknown = Reflect.get(target, method);
  if (typeof operation !== 'function') throw AppError.bug('ec2-method', `no method ${method}`);
  return Reflect.apply(operation, target, args);
}

async function answer(request: Extract<Ec2Request, { kind: 'call' }>): Promise<Ec2Response> {
  const { id } = request;
  try {
    return { id, ok: true, value: await callPort(request) };
  } catch (error) {
    const { code, kind, message } = toAppError(error);
    return { id, ok: false, failure: { code, kind, message } };
  }
}

process.on('message', (message) => {
  const request = message as Ec2Request;
  if (request.kind === 'open') {
    ports = open(request.settings);
    return;
  }
  void answer(request).then((response) => process.send?.(response));
});
process.on('disconnect', () => {
  // Nothing else keeps the process alive.
  void ports?.connection.close();
});
// The parent decides when to end; a signal to the whole group must not cut a launch short.
process.on('SIGTERM', () => undefined);
process.on('SIGINT', () => undefined);
