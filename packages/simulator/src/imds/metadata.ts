import { subnetIdOf, zoneIdOf } from '../ec2/find-instances.js';
import { privateDnsName, profileArn } from '../ec2/instance-xml.js';
import { wholeSecond } from '../region/notice-events.js';
import type { Instance, MaintenanceEvent } from '../region/instance.js';
import type { SimulatedRegion } from '../region/simulated-region.js';

export interface MetadataView {
  readonly region: SimulatedRegion;
  readonly instance: Instance;
}

type Leaf = (view: MetadataView) => string | undefined;

const CREDENTIAL_LIFE_MS = 6 * 3_600_000;

/** `21 Jan 2019 09:00:43 GMT`, the form of times in maintenance events. */
function maintenanceTime(atMs: number): string {
  return new Date(atMs).toUTCString().replace(/^\w+, /, '');
}

function maintenanceJson(events: readonly MaintenanceEvent[]): string {
  return JSON.stringify(
    events.map((event) => ({
      NotBefore: maintenanceTime(event.notBeforeMs),
      Code: event.code,
      Description: event.description,
      EventId: event.eventId,
      NotAfter: maintenanceTime(event.notAfterMs),
      State: 'active',
    })),
  );
}

function roleName({ instance }: MetadataView): string | undefined {
  return instance.iamInstanceProfile?.split('/').at(-1);
}

function credentials({ region, instance }: MetadataView): string {
  const nowMs = region.clock.nowMs();
  return JSON.stringify({
    Code: 'Success',
    LastUpdated: wholeSecond(nowMs),
    Type: 'AWS-HMAC',
    AccessKeyId: 'ASIASIMULATEDKEY0000',
    SecretAccessKey: 'simulated-secret-key',
    Token: `simulated-session-${instance.id}`,
    Expiration: wholeSecond(nowMs + CREDENTIAL_LIFE_MS),
  });
}

/** Paths under `/latest/meta-data/`. */
const LEAVES: Readonly<Record<string, Leaf>> = {
  'ami-id': ({ instance }) => instance.imageId,
  'events/maintenance/history': () => '[]',
  'events/maintenance/scheduled': ({ instance }) => maintenanceJson(instance.maintenance),
  'events/recommendations/rebalance': ({ instance }) =>
    instance.rebalanceNoticedAtMs === undefined
      ? undefined
      : JSON.stringify({ noticeTime: wholeSecond(instance.rebalanceNoticedAtMs) }),
  hostname: ({ region, instance }) => privateDnsName(region, instance),
  'iam/info': (view) => {
    const profile = view.instance.iamInstanceProfile;
    if (profile === undefined) return undefined;
    return JSON.stringify({ Code: 'Success', InstanceProfileArn: profileArn(view.region, profile) });
  },
  'instance-action': () => 'none',
  'instance-id': ({ instance }) => instance.id,
  'instance-life-cycle': ({ instance }) => instance.market,
  'instance-type': ({ instance }) => instance.instanceType,
  'local-hostname': ({ region, instance }) => privateDnsName(region, instance),
  'local-ipv4': ({ instance }) => instance.privateIp,
  'placement/availability-zone': ({ instance }) => instance.zone,
  'placement/availability-zone-id': ({ region, instance }) => zoneIdOf(region, instance.zone),
  'placement/region': ({ region }) => region.name,
  'public-ipv4': ({ instance }) => instance.publicIp,
  'reservation-id': ({ instance }) => instance.reservationId,
  'spot/instance-action': ({ instance }) =>
    instance.interruption === undefined
      ? undefined
      : JSON.stringify({
          action: instance.interruption.action,
          time: wholeSecond(instance.interruption.deadlineAtMs),
        }),
  'spot/termination-time': ({ instance }) =>
    instance.interruption === undefined ? undefined : wholeSecond(instance.interruption.deadlineAtMs),
  'subnet-id': ({ region, instance }) => subnetIdOf(region, instance.zone),
};

function leafOf(path: string, view: MetadataView): string | undefined {
  if (path.startsWith('tags/instance/')) return view.instance.tags.get(decodeURIComponent(path.slice(14)));
  const role = roleName(view);
  if (role !== undefined && path === `iam/security-credentials/${role}`) return credentials(view);
  return LEAVES[path]?.(view);
}

/** All paths that answer now; what a directory lists. */
function pathsOf(view: MetadataView): string[] {
  const role = roleName(view);
  return [
    ...Object.entries(LEAVES)
      .filter(([, leaf]) => leaf(view) !== undefined)
      .map(([path]) => path),
    ...[...view.instance.tags.keys()].map((key) => `tags/instance/${key}`),
    ...(role === undefined ? [] : [`iam/security-credentials/${role}`]),
  ];
}

function listing(directory: string, view: MetadataView): string | undefined {
  const prefix = directory === '' ? '' : `${directory}/`;
  const names = pathsOf(view)
    .filter((path) => path.startsWith(prefix))
    .map((path) => {
      const rest = path.slice(prefix.length);
      const isTag = prefix === 'tags/instance/';
      const slash = isTag ? -1 : rest.indexOf('/');
      return slash < 0 ? rest : rest.slice(0, slash + 1);
    });
  return names.length === 0 ? undefined : [...new Set(names)].sort().join('\n');
}

function identityDocument({ region, instance }: MetadataView): string {
  return JSON.stringify({
    accountId: region.account,
    architecture: 'x86_64',
    availabilityZone: instance.zone,
    imageId: instance.imageId,
    instanceId: instance.id,
    instanceType: instance.instanceType,
    pendingTime: wholeSecond(instance.launchedAtMs),
    privateIp: instance.privateIp,
    region: region.name,
    version: '2017-09-30',
  });
}

/** What `/latest/<path>` answers; undefined is 404. */
export function metadataAt(path: string, view: MetadataView): string | undefined {
  const wanted = path.replace(/\/$/, '');
  if (wanted === 'user-data') {
    const { userData } = view.instance;
    return userData === undefined ? undefined : Buffer.from(userData, 'base64').toString('utf8');
  }
  if (wanted === 'dynamic/instance-identity/document') return identityDocument(view);
  if (wanted === 'meta-data') return listing('', view);
  if (!wanted.startsWith('meta-data/')) return undefined;
  const inside = wanted.slice('meta-data/'.length);
  return leafOf(inside, view) ?? listing(inside, view);
}
