import { z } from 'zod';

/** Empty means not set: unit files and compose files pass empty variables. */
const text = z.string().transform((value) => (value.trim() === '' ? undefined : value.trim()));
const optional = text.optional();
const seconds = (preset: number) =>
  z
    .string()
    .optional()
    .transform((value) => (value === undefined || value.trim() === '' ? preset : Number(value)))
    .refine((value) => Number.isFinite(value) && value > 0, 'a number of seconds above 0')
    .transform((value) => value * 1_000);
const url = z.url({ protocol: /^https?$/, error: 'an http or https URL' });

/** Names of deployed version 4 agents come first; `CENTRAL_SERVER_URL` and `CLIENT_TOKEN` are the older ones. */
const Settings = z.object({
  /** Gateway, for example `https://spot.example.com`. */
  SPOT_OPTIMIZER_SERVER_URL: url,
  /** Token of the client (tenant), from the dashboard. */
  SPOT_OPTIMIZER_CLIENT_TOKEN: z
    .string({ error: 'the client token of the dashboard' })
    .min(1, 'the client token'),
  /** Stable name of the workload. @default the instance's tag `spotopt:logical-agent-id`, else its id */
  LOGICAL_AGENT_ID: optional,
  AWS_REGION: optional,
  /** Other than AWS's own: a simulator. */
  SPOTOPT_AWS_ENDPOINT: url.optional(),
  /** Up to and including `/latest`. @default AWS's address */
  SPOTOPT_METADATA_URL: url.optional(),
  /** RABBITMQ_PREFIX of the services. */
  SPOTOPT_AMQP_PREFIX: z.string().default(''),
  /** Broker that brings commands at once; without it they are polled. */
  SPOTOPT_AMQP_URL: z.url({ protocol: /^amqps?$/, error: 'an amqp or amqps URL' }).optional(),
  SPOTOPT_STATE_FILE: z.string().default('/var/lib/spotopt-agent/state.json'),
  HEARTBEAT_INTERVAL: seconds(30),
  PENDING_COMMANDS_CHECK_INTERVAL: seconds(15),
  CONFIG_REFRESH_INTERVAL: seconds(60),
  PRICING_REPORT_INTERVAL: seconds(300),
  TERMINATION_CHECK_INTERVAL: seconds(5),
  CLEANUP_INTERVAL: seconds(60),
  /** Shell commands that control the workload; each may run again and must then change nothing. */
  SPOTOPT_HOOK_START: optional,
  SPOTOPT_HOOK_STOP: optional,
  SPOTOPT_HOOK_WARM_UP: optional,
  SPOTOPT_HOOK_TIMEOUT: seconds(30),
  SPOTOPT_HOOK_WARM_UP_TIMEOUT: seconds(1_800),
  /** The workload is simulated and told to this simulator. */
  SPOTOPT_SIMULATOR_URL: url.optional(),
  LOG_LEVEL: z.enum(['debug', 'info', 'warn', 'error']).default('info'),
  /** Simulated time, shared with the control plane. */
  SPOTOPT_CLOCK_START: z.iso.datetime().optional(),
  SPOTOPT_CLOCK_REAL_START: z.coerce.number().positive().optional(),
  SPOTOPT_CLOCK_SPEED: z.coerce.number().positive().optional(),
});
export type AgentConfig = z.infer<typeof Settings>;

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
  const parsed = Settings.safeParse(Object.fromEntries(given));
  if (parsed.success) return { ok: true, config: parsed.data };
  const problems = parsed.error.issues.map((issue) => `${issue.path.join('.')}: expected ${issue.message}`);
  return { ok: false, problems };
}
