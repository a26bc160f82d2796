import type { Host } from '../hosts/host.ts';
import type { HostRegistry } from '../hosts/host-registry.ts';
import { AwsError, unsupported } from '../wire/aws-error.ts';
import type { QueryService } from '../wire/server.ts';
import { renderXml } from '../wire/xml.ts';

/** EC2, as far as hosts are looked up: they are those of the applied root. */
export class Ec2Service implements QueryService {
  readonly protocol = 'query';
  readonly namespace = 'http://ec2.amazonaws.com/doc/2016-11-15/';
  readonly #hosts: HostRegistry;

  constructor(hosts: HostRegistry) {
    this.#hosts = hosts;
  }

  answer(action: string, fields: URLSearchParams): string {
    if (action !== 'DescribeInstances') throw unsupported('ec2', action);
    const filters = numbered(fields, 'Filter').map((prefix) => ({
      name: fields.get(`${prefix}.Name`) ?? '',
      values: numbered(fields, `${prefix}.Value`).map((key) => fields.get(key) ?? ''),
    }));
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

function filterValue(host: Host, filter: string): string {
  if (filter.startsWith('tag:')) return host.tags[filter.slice(4)] ?? '';
  if (filter === 'instance-state-name') return 'running';
  if (filter === 'instance-id') return host.instanceId;
  throw new AwsError('InvalidParameterValue', `the embedded engine does not support the filter ${filter}`);
}

const instance = (host: Host) => ({
  instanceId: host.instanceId,
  instanceState: { code: 16, name: 'running' },
  ipAddress: host.address,
  privateIpAddress: host.address,
  tagSet: { item: Object.entries(host.tags).map(([key, value]) => ({ key, value })) },
});
