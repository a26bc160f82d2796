import { randomBytes } from 'node:crypto';
import type { Clock } from '../clock.ts';
import type { Host } from '../hosts/host.ts';
import type { HostRegistry } from '../hosts/host-registry.ts';
import { readJson, writeWhole } from '../store.ts';
import { AwsError, unsupported } from '../wire/aws-error.ts';
import type { QueryService } from '../wire/server.ts';
import { renderXml } from '../wire/xml.ts';

interface Snapshot {
  readonly snapshotId: string;
  readonly instanceId: string;
  readonly description: string;
  /** ISO 8601. */
  readonly startTime: string;
  readonly tags: Readonly<Record<string, string>>;
}

/** EC2, as far as hosts are looked up and snapshots taken. A snapshot is a record: nothing is copied. */
export class Ec2Service implements QueryService {
  readonly protocol = 'query';
  readonly namespace = 'http://ec2.amazonaws.com/doc/2016-11-15/';
  readonly #hosts: HostRegistry;
  readonly #snapshotsFile: string;
  readonly #clock: Clock;

  constructor(hosts: HostRegistry, snapshotsFile: string, clock: Clock) {
    this.#hosts = hosts;
    this.#snapshotsFile = snapshotsFile;
    this.#clock = clock;
  }

  answer(action: string, fields: URLSearchParams): string {
    if (action === 'DescribeInstances') return this.#describeInstances(fields);
    if (action === 'CreateSnapshots') return this.#createSnapshots(fields);
    if (action === 'DescribeSnapshots') return this.#describeSnapshots(fields);
    throw unsupported('ec2', action);
  }

  /** A host has one disk. */
  #createSnapshots(fields: URLSearchParams): string {
    const instanceId = fields.get('InstanceSpecification.InstanceId') ?? '';
    if (!this.#hosts.find(instanceId))
      throw new AwsError('InvalidInstanceID.NotFound', `The instance ID '${instanceId}' does not exist`);
    const tags = numbered(fields, 'TagSpecification.1.Tag').map((prefix) => [
      fields.get(`${prefix}.Key`) ?? '',
      fields.get(`${prefix}.Value`) ?? '',
    ]);
    const snapshot: Snapshot = {
      snapshotId: `snap-${randomBytes(9).toString('hex').slice(0, 17)}`,
      instanceId,
      description: fields.get('Description') ?? '',
      startTime: new Date(this.#clock.now()).toISOString(),
      tags: Object.fromEntries(tags),
    };
    writeWhole(this.#snapshotsFile, JSON.stringify([...this.#snapshots(), snapshot], null, 2));
    return renderXml({ requestId: 'local', snapshotSet: { item: [describeSnapshot(snapshot, 'state')] } });
  }

  #describeSnapshots(fields: URLSearchParams): string {
    const filters = readFilters(fields);
    const found = this.#snapshots().filter(({ tags }) =>
      filters.every(({ name, values }) => values.includes(tagFilterValue(tags, name))),
    );
    return renderXml({
      requestId: 'local',
      snapshotSet: { item: found.map((snapshot) => describeSnapshot(snapshot, 'status')) },
    });
  }

  #snapshots(): Snapshot[] {
    return readJson(this.#snapshotsFile, []);
  }

  #describeInstances(fields: URLSearchParams): string {
    const filters = readFilters(fields);
    const ids = numbered(fields, 'InstanceId').map((key) => fields.get(key));
    const found = this.#hosts
      .list()
      .filter((host) => ids.length === 0 || ids.includes(host.instanceId))
      .filter((host) => filters.every(({ name, values }) => values.includes(filterValue(host, name))));
    return renderXml({
      requestId: 'local',
      reservationSet: {
        item: found.map((host) => ({
          reservationId: `r-${host.instanceId}`,
          instancesSet: { item: instance(host) },
        })),
      },
    });
  }
}

/** `Filter.1.Name`, `Filter.2.Name` -> `Filter.1`, `Filter.2`. */
function numbered(fields: URLSearchParams, prefix: string): string[] {
  const pattern = new RegExp(`^${prefix.replaceAll('.', '\\.')}\\.\\d+`);
  const found = [...fields.keys()].flatMap((key) => pattern.exec(key)?.[0] ?? []);
  return [...new Set(found)];
}

const readFilters = (fields: URLSearchParams) =>
  numbered(fields, 'Filter').map((prefix) => ({
    name: fields.get(`${prefix}.Name`) ?? '',
    values: numbered(fields, `${prefix}.Value`).map((key) => fields.get(key) ?? ''),
  }));

function filterValue(host: Host, filter: string): string {
  if (filter === 'instance-state-name') return 'running';
  if (filter === 'instance-id') return host.instanceId;
  return tagFilterValue(host.tags, filter);
}

function tagFilterValue(tags: Readonly<Record<string, string>>, filter: string): string {
  if (filter.startsWith('tag:')) return tags[filter.slice(4)] ?? '';
  throw new AwsError('InvalidParameterValue', `the embedded engine does not support the filter ${filter}`);
}

const tagSet = (tags: Readonly<Record<string, string>>) => ({
  item: Object.entries(tags).map(([key, value]) => ({ key, value })),
});

/** CreateSnapshots calls the member `state`, DescribeSnapshots `status`. */
const describeSnapshot = (snapshot: Snapshot, member: 'state' | 'status') => ({
  snapshotId: snapshot.snapshotId,
  description: snapshot.description,
  startTime: snapshot.startTime,
  progress: '100%',
  [member]: 'completed',
  tagSet: tagSet(snapshot.tags),
});

const instance = (host: Host) => ({
  instanceId: host.instanceId,
  instanceState: { code: 16, name: 'running' },
  ipAddress: host.address,
  privateIpAddress: host.address,
  tagSet: tagSet(host.tags),
});
