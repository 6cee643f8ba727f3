import { AppError } from '@spotopt/kernel';

export function publishUnconfirmed(why: string, cause?: unknown): AppError {
  return AppError.transient('publish-unconfirmed', why, cause === undefined ? {} : { cause });
}

export function messageUnroutable(exchange: string, routingKey: string): AppError {
  return AppError.transient('message-unroutable', `no queue of ${exchange} takes ${routingKey}`);
}
