import { z } from 'zod';

/** Empty means not set: unit files and compose files pass empty variables. */
const optional = (description: string, expected = 'text') =>
  z
    .string()
    .transform((value) => (value.trim() === '' ? undefined : value.trim()))
    .optional()
    .meta({ description, expected });
const seconds = (description: string, preset: number) =>
  z
    .string()
    .optional()
    .transform((value) => (value === undefined || value.trim() === '' ? preset : Number(value)))
    .refine((value) => Number.isFinite(value) && value > 0, 'a number of seconds above 0')
    .transform((value) => value * 1_000)
    .meta({ description, expected: 'seconds above 0', preset: String(preset) });
const url = (description: string) =>
  z
    .url({ protocol: /^https?$/, error: 'an http or https URL' })
    .meta({ description, expected: 'an http or https URL' });

/** Names of deployed version 4 agents come first; `CENTRAL_SERVER_URL` and `CLIENT_TOKEN` are the older ones. */
export const agentSettings = z.object({
  SPOT_OPTIMIZER_SERVER_URL: url('Gateway, for example https://spot.example.com.'),
  SPOT_OPTIMIZER_CLIENT_TOKEN: z
    .string({ error: 'the client token of the dashboard' })
    .min(1, 'the client token')
    .meta({
      description: 'Token of the client (tenant), from the dashboard.',
      expected: 'a secret',
      secret: true,
    }),
  LOGICAL_AGENT_ID: optional(
    'Stable name of the workload; unset = the tag spotopt:logical-agent-id of the instance, else the instance id.',
  ),
  AWS_REGION: optional('Region; unset = that of the instance.'),
  SPOTOPT_AWS_ENDPOINT: url('Other EC2 endpoint than AWS’s own: a simulator.').optional(),
  SPOTOPT_METADATA_URL: url(
    'Instance metadata, up to and including /latest; unset = AWS’s own address.',
  ).optional(),
  SPOTOPT_AMQP_PREFIX: z
    .string()
    .default('')
    .meta({ description: 'RABBITMQ_PREFIX of the services.', expected: 'text' }),
  SPOTOPT_AMQP_URL: z
    .url({ protocol: /^amqps?$/, error: 'an amqp or amqps URL' })
    .optional()
    .meta({
      description: 'Broker that brings commands at once; unset = commands are polled.',
      expected: 'an amqp or amqps URL',
      secret: true,
    }),
  SPOTOPT_STATE_FILE: z
    .string()
    .default('/var/lib/spotopt-agent/state.json')
    .meta({ description: 'Where the agent keeps what must survive its restart.', expected: 'a path' }),
  HEARTBEAT_INTERVAL: seconds('Time between two heartbeats.', 30),
  PENDING_COMMANDS_CHECK_INTERVAL: seconds('Time between two looks for commands.', 15),
  CONFIG_REFRESH_INTERVAL: seconds('Time between two reads of the settings of the workload.', 60),
  PRICING_REPORT_INTERVAL: seconds('Time between two price reports.', 300),
  TERMINATION_CHECK_INTERVAL: seconds('Time between two looks for an interruption notice.', 5),
  CLEANUP_INTERVAL: seconds('Time between two clean-ups of what the agent launched.', 60),
  SPOTOPT_HOOK_START: optional(
    'Starts the workload; may run again and must then change nothing.',
    'a shell command',
  ),
  SPOTOPT_HOOK_STOP: optional(
    'Stops the workload; may run again and must then change nothing.',
    'a shell command',
  ),
  SPOTOPT_HOOK_WARM_UP: optional('Prepares a standby, for example copies its data.', 'a shell command'),
  SPOTOPT_HOOK_TIMEOUT: seconds('Longest run of the start and stop commands.', 30),
  SPOTOPT_HOOK_WARM_UP_TIMEOUT: seconds('Longest run of the warm-up command.', 1_800),
  SPOTOPT_SIMULATOR_URL: url('The workload is simulated and told to this simulator.').optional(),
  LOG_LEVEL: z.enum(['debug', 'info', 'warn', 'error']).default('info').meta({
    description: 'Least severe log line that is written.',
    expected: 'one of debug, info, warn, error',
  }),
  SPOTOPT_CLOCK_START: z.iso
    .datetime()
    .optional()
    .meta({ description: 'Simulated time at the start; unset = real time.', expected: 'a UTC time' }),
  SPOTOPT_CLOCK_REAL_START: z.coerce
    .number()
    .positive()
    .optional()
    .meta({ description: 'Real time at which simulated time began.', expected: 'milliseconds since 1970' }),
  SPOTOPT_CLOCK_SPEED: z.coerce
    .number()
    .positive()
    .optional()
    .meta({ description: 'Simulated seconds per real second.', expected: 'a number above 0' }),
});
export type AgentConfig = z.infer<typeof agentSettings>;

export type Environment = Readonly<Record<string, string | undefined>>;

export type ConfigResult =
  | { readonly ok: true; readonly config: AgentConfig }
  | { readonly ok: false; readonly problems: readonly string[] };

function withOldNames(env: Environment): Environment {
  return {
    ...env,
    SPOT_OPTIMIZER_SERVER_URL: env['SPOT_OPTIMIZER_SERVER_URL'] ?? env['CENTRAL_SERVER_URL'],
    SPOT_OPTIMIZER_CLIENT_TOKEN: env['SPOT_OPTIMIZER_CLIENT_TOKEN'] ?? env['CLIENT_TOKEN'],
  };
}

/** The settings, or every problem at once. Values are not repeated: one of them is a secret. */
export function readConfig(env: Environment): ConfigResult {
  const given = Object.entries(withOldNames(env)).filter(([, value]) => value !== undefined && value !== '');
  const parsed = agentSettings.safeParse(Object.fromEntries(given));
  if (parsed.success) return { ok: true, config: parsed.data };
  const problems = parsed.error.issues.map((issue) => `${issue.path.join('.')}: expected ${issue.message}`);
  return { ok: false, problems };
}
