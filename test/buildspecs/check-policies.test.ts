import { describe, expect, test } from 'vitest';
import { violations } from '../../buildspecs/check-policies.ts';
import { summarisePlan } from '../../buildspecs/summarise-plan.ts';

const plan = (...changes: [type: string, actions: string[], after: object | null, more?: object][]) =>
  JSON.stringify({
    resource_changes: changes.map(([type, actions, after, more]) => ({
      address: `${type}.x`,
      type,
      change: { actions, after, ...more },
    })),
  });

const IMDS_V2 = { metadata_options: [{ http_tokens: 'required' }] };

describe('a plan is refused that', () => {
  test.each([
    ['aws_s3_bucket_acl', { acl: 'public-read' }, /makes a bucket public/],
    [
      'aws_s3_bucket_public_access_block',
      { block_public_acls: true, block_public_policy: false },
      /lets a bucket become public/,
    ],
    [
      'aws_s3_bucket_policy',
      { policy: '{"Statement":[{"Effect":"Allow","Principal":"*","Action":"s3:GetObject"}]}' },
      /lets everybody into a bucket/,
    ],
    [
      'aws_vpc_security_group_ingress_rule',
      { ip_protocol: 'tcp', from_port: 22, to_port: 22, cidr_ipv4: '0.0.0.0/0' },
      /opens ports 22 to 22 to everybody/,
    ],
    [
      'aws_vpc_security_group_ingress_rule',
      { ip_protocol: '-1', cidr_ipv6: '::/0' },
      /opens ports all to all/,
    ],
    [
      'aws_security_group',
      { ingress: [{ protocol: 'tcp', from_port: 80, to_port: 443, cidr_blocks: ['0.0.0.0/0'] }] },
      /opens ports 80 to 443/,
    ],
    [
      'aws_security_group_rule',
      { type: 'ingress', protocol: 'tcp', from_port: 7006, to_port: 7006, cidr_blocks: ['0.0.0.0/0'] },
      /7006/,
    ],
    ['aws_ebs_volume', { encrypted: false }, /is not encrypted/],
    [
      'aws_instance',
      { ...IMDS_V2, root_block_device: [{ encrypted: false }] },
      /has a disk that is not encrypted/,
    ],
    ['aws_instance', { metadata_options: [{ http_tokens: 'optional' }] }, /IMDSv1/],
  ] as const)('has a %s like %j', (type, after, expected) => {
    expect(violations(plan([type, ['create'], after]))).toEqual([expect.stringMatching(expected)]);
  });

  test.each(['aws_vpc', 'aws_subnet', 'aws_eip', 'aws_ebs_volume', 'aws_s3_bucket', 'aws_dynamodb_table'])(
    'destroys or replaces a %s',
    (type) => {
      expect(violations(plan([type, ['delete'], null]))).toEqual([
        `${type}.x would be destroyed, and is protected`,
      ]);
      expect(violations(plan([type, ['delete', 'create'], { encrypted: true }]))).toHaveLength(1);
    },
  );
});

test('a host is replaced only where that was asked for, or where its making was cut off', () => {
  const replaced = (more?: object) => {
    const text = plan(['aws_instance', ['delete', 'create'], IMDS_V2]);
    const { resource_changes } = JSON.parse(text);
    return JSON.stringify({ resource_changes: [{ ...resource_changes[0], ...more }] });
  };
  expect(violations(replaced())).toEqual([
    'aws_instance.x would be replaced without being asked for: deploy with replaceHost',
  ]);
  expect(violations(replaced(), 'aws_instance.y')).toHaveLength(1);
  expect(violations(replaced(), 'aws_instance.x')).toEqual([]);
  expect(violations(replaced({ action_reason: 'replace_because_tainted' }))).toEqual([]);
});

test.each([
  ['aws_eip', ['create'], {}, 'additive'],
  ['aws_eip', ['delete'], {}, 'data'],
  ['aws_instance', ['delete'], {}, 'host'],
  ['aws_instance', ['update'], { before: { instance_type: 'a' }, after: { instance_type: 'b' } }, 'restart'],
  ['aws_instance', ['update'], { before: { tags: 'a' }, after: { tags: 'b' } }, 'in-place'],
  ['aws_security_group', ['update'], {}, 'access'],
  ['aws_iam_role_policy', ['create'], {}, 'access'],
] as const)('the blast radius of %s %j %j is %s', (type, actions, change, radius) => {
  const text = JSON.stringify({ resource_changes: [{ address: 'a', type, change: { actions, ...change } }] });
  expect(summarisePlan(text).radius).toBe(radius);
});

test('what today’s IAM module made is not destroyed under a host that may use it', () => {
  const address = 'module.iam_role_and_policy.aws_iam_role.role';
  const text = JSON.stringify({
    resource_changes: [{ address, type: 'aws_iam_role', change: { actions: ['delete'], after: null } }],
  });
  expect(violations(text)).toEqual([expect.stringMatching(/may be in use: run chronos bootstrap/)]);
});

test('every violation is named at once', () => {
  const both = plan(['aws_vpc', ['delete'], null], ['aws_ebs_volume', ['create'], {}]);
  expect(violations(both)).toEqual([
    'aws_vpc.x would be destroyed, and is protected',
    'aws_ebs_volume.x is not encrypted',
  ]);
});

test('a plan that keeps to the policies passes', () => {
  expect(
    violations(
      plan(
        ['aws_instance', ['create'], { ...IMDS_V2, root_block_device: [{ encrypted: true }] }],
        ['aws_instance', ['delete'], null],
        [
          'aws_vpc_security_group_ingress_rule',
          ['create'],
          { ip_protocol: 'tcp', from_port: 443, to_port: 443, cidr_ipv4: '0.0.0.0/0' },
        ],
        [
          'aws_vpc_security_group_ingress_rule',
          ['create'],
          { ip_protocol: 'tcp', from_port: 22, to_port: 22, cidr_ipv4: '10.1.0.0/16' },
        ],
        ['aws_s3_bucket_policy', ['create'], { policy: '{"Statement":{"Effect":"Deny","Principal":"*"}}' }],
        ['aws_vpc', ['no-op'], {}],
      ),
    ),
  ).toEqual([]);
});

test('a summary has names and counts, the most dangerous first, and no value', () => {
  const json = plan(
    ['aws_eip', ['create'], { tags: 'a secret word' }],
    [
      'aws_instance',
      ['delete', 'create'],
      IMDS_V2,
      { replace_paths: [['ami'], ['root_block_device', 0, 'encrypted']] },
    ],
    ['aws_key_pair', ['update'], {}],
    ['aws_vpc', ['no-op'], {}],
  );
  const summary = summarisePlan(json);
  expect(summary).toEqual({
    counts: { create: 1, update: 1, replace: 1, destroy: 0 },
    radius: 'host',
    changes: [
      {
        address: 'aws_instance.x',
        action: 'replace',
        radius: 'host',
        because: ['ami', 'root_block_device.0.encrypted'],
      },
      { address: 'aws_key_pair.x', action: 'update', radius: 'in-place' },
      { address: 'aws_eip.x', action: 'create', radius: 'additive' },
    ],
  });
  expect(JSON.stringify(summary)).not.toContain('secret');
});
