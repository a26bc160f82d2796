import { HOLDS_DATA } from './summarise-plan.ts';

/** A resource in `tofu show -json`. The format: https://opentofu.org/docs/internals/json-format/ */
interface PlannedResource {
  readonly address: string;
  readonly type: string;
  /** For example `replace_because_tainted`. */
  readonly action_reason?: string;
  readonly change: {
    readonly actions: readonly string[];
    /** null where the resource goes. Values that only the apply will know are missing. */
    readonly after: Attributes | null;
  };
}

type Attributes = Readonly<Record<string, unknown>>;
type Policy = (resource: PlannedResource) => string | undefined;

/** What everybody may reach: web and frps. */
const PUBLIC_PORTS = [80, 443, 7005];
const EVERYBODY = ['0.0.0.0/0', '::/0'];
/**
 * What a plan may never do, whoever approves it. One line per violation: the resource, and what is wrong.
 * Destroying what `destroy` was asked to destroy is no violation, except of what is protected.
 * @param replace address of the host that was asked to be replaced
 */
export function violations(planJson: string, replace = ''): string[] {
  const { resource_changes = [] } = JSON.parse(planJson) as { resource_changes?: readonly PlannedResource[] };
  const policies = [...POLICIES, hostReplaced(replace)];
  return resource_changes
    .filter(({ change }) => change.actions.some((action) => action !== 'no-op' && action !== 'read'))
    .flatMap((resource) =>
      policies.flatMap((policy) => policy(resource) ?? []).map((problem) => `${resource.address} ${problem}`),
    );
}

const protectedDestroyed: Policy = ({ type, change }) =>
  change.actions.includes('delete') && HOLDS_DATA.includes(type)
    ? 'would be destroyed, and is protected'
    : undefined;

/** A host whose making was cut off is replaced unasked: it has never served. */
const hostReplaced =
  (replace: string): Policy =>
  ({ type, address, action_reason, change: { actions } }) => {
    const replaced = actions.includes('delete') && actions.includes('create');
    if (type !== 'aws_instance' || !replaced || address === replace) return undefined;
    return action_reason === 'replace_because_tainted'
      ? undefined
      : 'would be replaced without being asked for: deploy with replaceHost';
  };

/** Hosts that were adopted use it until they get a role of their own. */
const retiredRoleDestroyed: Policy = ({ address, change }) =>
  address.startsWith('module.iam_role_and_policy.') && change.actions.includes('delete')
    ? 'would be destroyed, but may be in use: run chronos bootstrap, which lets go of it'
    : undefined;

const publicBucket: Policy = ({ type, change: { after } }) => {
  if (type === 'aws_s3_bucket_acl' && String(after?.acl ?? '').startsWith('public-'))
    return 'makes a bucket public';
  if (type === 'aws_s3_bucket_public_access_block') {
    const open = [
      'block_public_acls',
      'block_public_policy',
      'ignore_public_acls',
      'restrict_public_buckets',
    ];
    if (after && open.some((name) => after[name] === false)) return 'lets a bucket become public';
  }
  if (type === 'aws_s3_bucket_policy' && allowsEverybody(after?.policy))
    return 'lets everybody into a bucket';
  return undefined;
};

function allowsEverybody(policy: unknown): boolean {
  if (typeof policy !== 'string') return false;
  const { Statement = [] } = JSON.parse(policy) as { Statement?: unknown };
  return [Statement].flat().some((statement) => {
    const { Effect, Principal, Condition } = statement as {
      Effect?: string;
      Principal?: unknown;
      Condition?: unknown;
    };
    const everybody = Principal === '*' || (Principal as { AWS?: unknown } | undefined)?.AWS === '*';
    return Effect === 'Allow' && everybody && Condition === undefined;
  });
}

const openPort: Policy = ({ type, change: { after } }) => {
  const rules: Attributes[] = [];
  if (type === 'aws_vpc_security_group_ingress_rule') rules.push(after ?? {});
  if (type === 'aws_security_group_rule' && after?.type === 'ingress') rules.push(after);
  if (type === 'aws_security_group')
    rules.push(...((after?.ingress as Attributes[] | null | undefined) ?? []));
  const open = rules.find((rule) => reachesEverybody(rule) && !isPublicPort(rule));
  return (
    open &&
    `opens ports ${open.from_port ?? 'all'} to ${open.to_port ?? 'all'} to everybody; only ${PUBLIC_PORTS.join(', ')} may be`
  );
};

function reachesEverybody(rule: Attributes): boolean {
  const ranges = [rule.cidr_ipv4, rule.cidr_ipv6, rule.cidr_blocks, rule.ipv6_cidr_blocks].flat();
  return ranges.some((range) => EVERYBODY.includes(String(range)));
}

/** A range of several ports is never the list's. */
const isPublicPort = ({ from_port, to_port, ip_protocol, protocol }: Attributes): boolean =>
  (ip_protocol ?? protocol) === 'tcp' && from_port === to_port && PUBLIC_PORTS.includes(Number(from_port));

const unencryptedVolume: Policy = ({ type, change: { actions, after } }) => {
  if (!actions.includes('create')) return undefined;
  if (type === 'aws_ebs_volume' && after?.encrypted !== true) return 'is not encrypted';
  if (type !== 'aws_instance') return undefined;
  const disks = [after?.root_block_device, after?.ebs_block_device].flat().filter(Boolean) as Attributes[];
  return disks.some(({ encrypted }) => encrypted === false) ? 'has a disk that is not encrypted' : undefined;
};

const oldMetadataService: Policy = ({ type, change: { after } }) => {
  if ((type !== 'aws_instance' && type !== 'aws_launch_template') || after === null) return undefined;
  const [options] = [after.metadata_options].flat() as (Attributes | undefined)[];
  return options?.http_tokens === 'required'
    ? undefined
    : 'answers the metadata service without a token (IMDSv1)';
};

const POLICIES: readonly Policy[] = [
  protectedDestroyed,
  retiredRoleDestroyed,
  publicBucket,
  openPort,
  unencryptedVolume,
  oldMetadataService,
];
