import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { RegionInfo } from 'aws-cdk-lib/region-info';
import { describe, expect, test } from 'vitest';
import {
  INFRASTRUCTURE_ROOTS,
  ROOT_NAMES,
  regionSchema,
  variableProblems,
} from '../../lib/contract/infrastructure-roots.ts';
import { ROOT } from '../support/paths.ts';

const KEY =
  'ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIGxvY2FsLWVuZ2luZS1vcGVucy1ub3RoaW5nLWF0LWFs somebody@example';

/** Given by the builds, for an endpoint that is not AWS's; or the same for everybody. */
const OTHERS = ['state_options', 'permissions_boundary'];

test.each(ROOT_NAMES)('terraform/%s has just the variables that are judged', (root) => {
  const folder = join(ROOT, 'terraform', root);
  const text = globSync('*.tf', { cwd: folder }).map((file) => readFileSync(join(folder, file), 'utf8'));
  const declared = [...text.join('\n').matchAll(/^variable "(\w+)"/gm)].map((match) => match[1]!);
  const { given, variables } = INFRASTRUCTURE_ROOTS[root];
  const known = [...given, ...Object.keys(variables.shape)];
  expect(declared.filter((name) => !OTHERS.includes(name)).sort()).toEqual(known.sort());
});

describe('variables are refused by name', () => {
  test.each([
    ['deployments', {}, /public_key is missing/],
    ['deployments', { public_key: 'AAAA' }, /public_key must be one line of an OpenSSH public key/],
    ['deployments', { public_key: KEY.replace('AAAAC3', 'AAAAB3') }, /public_key must be/],
    ['deployments', { public_key: KEY, instance_type: 't3' }, /instance_type must be an EC2 instance type/],
    [
      'deployments',
      { public_key: KEY, additional_public_key: `${KEY} $(x)` },
      /additional_public_key must be/,
    ],
    ['deployments', { public_key: KEY, ami: 'x' }, /there is no ami/],
    ['shared', { vpc_cidr: '10.0.0.0' }, /vpc_cidr must be an IPv4 range/],
    ['shared', { vpc_cidr: '10.0.0.0/8' }, /vpc_cidr must be from \/16 to \/20/],
    ['shared', { extra_ingress: [{ port: 70000, cidr: '10.0.0.0/8' }] }, /extra_ingress\.0\.port/],
    [
      'shared',
      { extra_ingress: [{ port: 22, cidr: '::/0' }] },
      /extra_ingress\.0\.cidr must not be the whole/,
    ],
    ['data', { volume_size_gb: 1 }, /volume_size_gb/],
    ['local', { http_port: 80 }, /http_port/],
  ] as const)('%s %j', (root, variables, expected) => {
    expect(variableProblems(root, variables)).toEqual([expect.stringMatching(expected)]);
  });

  test('all at once', () => {
    expect(variableProblems('deployments', { public_key: 1, instance_type: 'x', ami: 'y' })).toHaveLength(3);
  });
});

test('good variables pass', () => {
  expect(variableProblems('deployments', { public_key: KEY, instance_type: 'm7g.2xlarge' })).toEqual([]);
  expect(variableProblems('shared', { extra_ingress: [{ port: 22, cidr: '192.0.2.0/24' }] })).toEqual([]);
  expect(variableProblems('shared', { extra_ingress: [{ port: 22, cidr: '2001:db8::/48' }] })).toEqual([]);
  expect(variableProblems('local', { http_port: '8180' })).toEqual([]);
});

test('every public region is known, and no other name', () => {
  // The CDK's list has regions besides that are closed to the public.
  const open = RegionInfo.regions
    .map(({ name }) => name)
    .filter((name) => !/-iso|^us-iso|^me-west/.test(name));
  for (const name of open) expect(regionSchema.safeParse(name).success, name).toBe(true);
  expect(regionSchema.safeParse('moon-east-1').error?.issues[0]?.message).toBe(
    '"moon-east-1" is no AWS region, for example us-east-1',
  );
});
