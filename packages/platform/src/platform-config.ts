import { ScaledClock, SystemClock } from '@spotopt/kernel';
import type { Clock } from '@spotopt/kernel';
import { z } from 'zod';
import { LOG_LEVELS } from './logging.js';
import { setting } from './settings.js';

const PORT = { min: 0, max: 65_535 };

/** Settings that every service process has. */
export const platformConfig = z.object({
  databaseUrl: setting.url(
    'Database server and schema prefix; the service uses the schema <prefix>_<service> and creates it.',
    ['mysql', 'mariadb', 'sqlite'],
    'mysql://user:password@host:3306/spotopt',
  ),
  rabbitmqUrl: setting.url('Message broker.', ['amqp', 'amqps'], 'amqp://user:password@host:5672'),
  rabbitmqPrefix: setting
    .text(
      'For temporary installations that share a broker: put before the name of every queue and exchange; unused queues vanish.',
      'letters, digits, dots and dashes',
    )
    .default(''),
  logLevel: setting.oneOf('Least severe log line that is written.', LOG_LEVELS).default('info'),
  host: setting.text('Address to listen on.', 'an address of this machine').default('0.0.0.0'),
  httpPort: setting.integer('Port of the HTTP interface, where the service has one.', PORT).default(8080),
  healthPort: setting.integer('Port of /health/live, /health/ready and /metrics.', PORT).default(9090),
  startTimeoutMs: setting
    .integer('Longest wait for the database and for the broker at the start, in milliseconds.', { min: 100 })
    .default(30_000),
  shutdownTimeoutMs: setting
    .integer('Time to finish work in hand after SIGTERM, in milliseconds.', { min: 0, max: 600_000 })
    .default(25_000),
  spotoptClockStart: setting.instant('Simulated time at the start; unset = real time.').optional(),
  spotoptClockRealStart: setting
    .integer('Real time, in milliseconds since 1970, at which simulated time began.', { min: 0 })
    .optional(),
  spotoptClockSpeed: setting
    .number('Simulated seconds per real second.', { min: 0.001, max: 100_000 })
    .default(1),
  spotoptFailpoint: setting
    .text(
      'For fault campaigns: the process kills itself at the named place, with `name:2` at its second hit.',
      'name or name:count',
    )
    .optional(),
  spotoptFailpointOnceFile: setting
    .text('File that is written before the kill; while it exists, the failpoint does nothing.', 'a path')
    .optional(),
});
export type PlatformConfig = z.output<typeof platformConfig>;

type ClockSettings = Pick<
  PlatformConfig,
  'spotoptClockStart' | 'spotoptClockRealStart' | 'spotoptClockSpeed'
>;

/** Real time, or simulated time when a start is set; processes with the same settings agree on the time. */
export function clockFrom(config: ClockSettings): Clock {
  const system = new SystemClock();
  if (config.spotoptClockStart === undefined) return system;
  return new ScaledClock({
    startMs: Date.parse(config.spotoptClockStart),
    realStartMs: config.spotoptClockRealStart ?? system.nowMs(),
    speed: config.spotoptClockSpeed,
  });
}
