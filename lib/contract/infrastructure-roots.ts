import { z } from 'zod';

/** A root of terraform/ that an execution plans and applies. */
export interface InfrastructureRoot {
  /** The variables that every deployment gives it: what the manifest says of the environment and the foundations. */
  readonly given: readonly (keyof GivenVariables)[];
  /** The variables that a manifest may set besides, as the root's own validations have them. */
  readonly variables: z.ZodObject;
  /** Address of the dashboard host, which `replaceHost` replaces. */
  readonly host?: string;
}

export interface GivenVariables {
  readonly environment: string;
  readonly region: string;
  readonly name_prefix: string;
  /** The bucket in which a root reads the states of others. */
  readonly state_bucket: string;
}

/** https://docs.aws.amazon.com/global-infrastructure/latest/regions/aws-regions.html */
const REGIONS = [
  ...['af-south-1', 'ap-east-1', 'ap-east-2', 'ap-northeast-1', 'ap-northeast-2', 'ap-northeast-3'],
  ...['ap-south-1', 'ap-south-2', 'ap-southeast-1', 'ap-southeast-2', 'ap-southeast-3', 'ap-southeast-4'],
  ...['ap-southeast-5', 'ap-southeast-6', 'ap-southeast-7', 'ca-central-1', 'ca-west-1', 'cn-north-1'],
  ...[
    'cn-northwest-1',
    'eu-central-1',
    'eu-central-2',
    'eu-north-1',
    'eu-south-1',
    'eu-south-2',
    'eu-west-1',
  ],
  ...[
    'eu-west-2',
    'eu-west-3',
    'eusc-de-east-1',
    'il-central-1',
    'me-central-1',
    'me-south-1',
    'mx-central-1',
  ],
  ...['sa-east-1', 'us-east-1', 'us-east-2', 'us-gov-east-1', 'us-gov-west-1', 'us-west-1', 'us-west-2'],
];

export const regionSchema = z.string().refine((name) => REGIONS.includes(name), {
  error: ({ input }) => `"${input}" is no AWS region, for example us-east-1`,
});

export const namePrefixSchema = z
  .string()
  .regex(/^([a-z0-9]+-)*$/, 'must be lower-case words that each end in a dash, or empty');

const number = (least: number, most: number) =>
  z.coerce.number(`must be a whole number from ${least} to ${most}`).int().min(least).max(most);

/** One line of an OpenSSH public key: algorithm, the key itself in base64 beginning with the algorithm's name, comment. */
const publicKey = z.string().refine(isPublicKey, 'must be one line of an OpenSSH public key');

function isPublicKey(line: string): boolean {
  const [, algorithm = '', encoded = ''] =
    /^(ssh-ed25519|ssh-rsa|ecdsa-sha2-nistp(?:256|384|521)) ([A-Za-z0-9+/]+=*)( [A-Za-z0-9@._-]*)?$/.exec(
      line,
    ) ?? [];
  const key = Buffer.from(encoded, 'base64');
  return key.length > 20 && key.subarray(4, 4 + key.readUInt32BE(0)).toString('latin1') === algorithm;
}

const ipv4Range = z.cidrv4({ error: 'must be an IPv4 range, for example 10.0.0.0/16', abort: true });
const range = z.union([ipv4Range, z.cidrv6()], 'must be an IPv4 or IPv6 range of addresses');

const instanceType = z
  .string()
  .regex(
    /^[a-z][a-z0-9-]*\.(nano|micro|small|medium|large|[0-9]*xlarge|metal)$/,
    'must be an EC2 instance type, for example t3.small',
  );

const vpcRange = ipv4Range.refine((text) => {
  const size = Number(text.split('/')[1]);
  return size >= 16 && size <= 20;
}, 'must be from /16 to /20: AWS takes no larger VPC, and no smaller subnet than a 256th of it');

const extraIngress = z.array(
  z.strictObject({
    port: number(1, 65535),
    cidr: range.refine(
      (text) => text !== '0.0.0.0/0' && text !== '::/0',
      'must not be the whole internet: name the range that needs the port',
    ),
  }),
);

export const INFRASTRUCTURE_ROOTS = {
  /** The offline root of the embedded engine. */
  local: {
    host: 'terraform_data.dashboard',
    given: ['environment'],
    variables: z.strictObject({
      http_port: number(1024, 65535),
      generation: number(1, 1_000_000).optional(),
      fault: z.enum(['', 'plan', 'apply', 'slow-apply']).optional(),
    }),
  },
  deployments: {
    host: 'module.ec2.aws_instance.deployment',
    given: ['environment', 'region', 'name_prefix', 'state_bucket'],
    variables: z.strictObject({
      instance_type: instanceType.optional(),
      public_key: publicKey,
      additional_public_key: z.literal('').or(publicKey).optional(),
    }),
  },
  shared: {
    given: ['region', 'name_prefix'],
    variables: z.strictObject({ vpc_cidr: vpcRange.optional(), extra_ingress: extraIngress.optional() }),
  },
  data: {
    given: ['environment', 'region', 'name_prefix', 'state_bucket'],
    variables: z.strictObject({
      volume_size_gb: number(8, 16_384).optional(),
      snapshots_kept: number(1, 1000).optional(),
    }),
  },
} as const satisfies Readonly<Record<string, InfrastructureRoot>>;

export type RootName = keyof typeof INFRASTRUCTURE_ROOTS;
export const ROOT_NAMES = Object.keys(INFRASTRUCTURE_ROOTS) as [RootName, ...RootName[]];

/** Address of the dashboard host in a root; empty where it has none. */
export function hostOf(root: RootName): string {
  const { host = '' }: InfrastructureRoot = INFRASTRUCTURE_ROOTS[root];
  return host;
}

/** What is wrong with a root's variables, each by name: said before a build starts. */
export function variableProblems(root: RootName, variables: Readonly<Record<string, unknown>>): string[] {
  const parsed = INFRASTRUCTURE_ROOTS[root].variables.safeParse(variables);
  if (parsed.success) return [];
  const where = `infrastructure variable of terraform/${root}`;
  return parsed.error.issues.flatMap((issue) => {
    if (issue.code === 'unrecognized_keys') return issue.keys.map((key) => `${where}: there is no ${key}`);
    const name = issue.path.join('.');
    const missing = !((issue.path[0] as string) in variables);
    return [`${where}: ${name} ${missing ? 'is missing' : issue.message}`];
  });
}
