import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { ACCOUNT } from '../../lib/local/stack/cdk-out.ts';
import { ROOT } from '../support/paths.ts';
import { allows, roleOf } from '../support/simulation.ts';

const MANAGED = 'chronos:managed-by';
const OWNER = 'chronos:environment';
const asked = { [`aws:RequestTag/${MANAGED}`]: 'chronos-deploy' };
const tagged = { [`aws:ResourceTag/${MANAGED}`]: 'chronos-deploy' };
const ofStage = { [`aws:ResourceTag/${OWNER}`]: 'stage' };
const askedForStage = { [`aws:RequestTag/${OWNER}`]: 'stage' };
const bounded = { 'iam:PermissionsBoundary': `arn:aws:iam::${ACCOUNT}:policy/chronos-boundary` };

const ec2 = (resource: string) => `arn:aws:ec2:us-east-1:${ACCOUNT}:${resource}/x-0123456789abcdef0`;
const iam = (resource: string) => `arn:aws:iam::${ACCOUNT}:${resource}`;
const dlm = `arn:aws:dlm:us-east-1:${ACCOUNT}:policy/policy-0123456789abcdef0`;

type Need = readonly [action: string, resource: string, context?: Readonly<Record<string, string>>];

/**
 * What making, changing and reading each type takes, from the provider's calls. A type that a root gains has to be
 * added here, and with it what the apply role lacks.
 */
const NEEDS: Readonly<Record<string, readonly Need[]>> = {
  aws_vpc: [
    ['ec2:CreateVpc', ec2('vpc'), asked],
    ['ec2:ModifyVpcAttribute', ec2('vpc'), tagged],
    ['ec2:AssociateVpcCidrBlock', ec2('vpc'), tagged],
    ['ec2:CreateTags', ec2('vpc'), { 'ec2:CreateAction': 'CreateVpc' }],
    ['ec2:CreateTags', ec2('vpc'), tagged],
  ],
  aws_internet_gateway: [
    ['ec2:CreateInternetGateway', ec2('internet-gateway'), asked],
    ['ec2:AttachInternetGateway', ec2('internet-gateway'), tagged],
    ['ec2:AttachInternetGateway', ec2('vpc'), tagged],
  ],
  aws_subnet: [
    ['ec2:CreateSubnet', ec2('subnet'), asked],
    ['ec2:CreateSubnet', ec2('vpc'), tagged],
    ['ec2:ModifySubnetAttribute', ec2('subnet'), tagged],
    ['ec2:AssociateSubnetCidrBlock', ec2('subnet'), tagged],
  ],
  aws_route_table: [
    ['ec2:CreateRouteTable', ec2('route-table'), asked],
    ['ec2:CreateRouteTable', ec2('vpc'), tagged],
    ['ec2:CreateRoute', ec2('route-table'), tagged],
    ['ec2:ReplaceRoute', ec2('route-table'), tagged],
  ],
  aws_route_table_association: [
    ['ec2:AssociateRouteTable', ec2('route-table'), tagged],
    ['ec2:AssociateRouteTable', ec2('subnet'), tagged],
  ],
  aws_vpc_dhcp_options: [['ec2:CreateDhcpOptions', ec2('dhcp-options'), asked]],
  aws_vpc_dhcp_options_association: [
    ['ec2:AssociateDhcpOptions', ec2('dhcp-options'), tagged],
    ['ec2:AssociateDhcpOptions', ec2('vpc'), tagged],
  ],
  aws_security_group: [
    ['ec2:CreateSecurityGroup', ec2('security-group'), asked],
    ['ec2:CreateSecurityGroup', ec2('vpc'), tagged],
    ['ec2:AuthorizeSecurityGroupIngress', ec2('security-group'), tagged],
    ['ec2:AuthorizeSecurityGroupEgress', ec2('security-group'), tagged],
    ['ec2:RevokeSecurityGroupIngress', ec2('security-group'), tagged],
    ['ec2:RevokeSecurityGroupEgress', ec2('security-group'), tagged],
  ],
  aws_network_acl: [
    ['ec2:CreateNetworkAcl', ec2('network-acl'), asked],
    ['ec2:CreateNetworkAcl', ec2('vpc'), tagged],
  ],
  aws_network_acl_rule: [
    ['ec2:CreateNetworkAclEntry', ec2('network-acl'), tagged],
    ['ec2:DeleteNetworkAclEntry', ec2('network-acl'), tagged],
  ],
  aws_network_acl_association: [['ec2:ReplaceNetworkAclAssociation', ec2('network-acl'), tagged]],
  aws_eip: [['ec2:AllocateAddress', ec2('elastic-ip'), asked]],
  aws_iam_role: [
    ['iam:CreateRole', iam('role/chronos-stage-host'), bounded],
    ['iam:TagRole', iam('role/chronos-stage-host')],
    ['iam:GetRole', iam('role/chronos-stage-host')],
    ['iam:CreateRole', iam('role/chronos-stage-database-snapshots'), bounded],
  ],
  aws_iam_role_policy: [
    ['iam:PutRolePolicy', iam('role/chronos-stage-host'), bounded],
    ['iam:GetRolePolicy', iam('role/chronos-stage-host')],
  ],
  aws_iam_instance_profile: [
    ['iam:CreateInstanceProfile', iam('instance-profile/chronos-stage-host')],
    ['iam:AddRoleToInstanceProfile', iam('instance-profile/chronos-stage-host')],
    ['iam:PassRole', iam('role/chronos-stage-host'), { 'iam:PassedToService': 'ec2.amazonaws.com' }],
  ],
  aws_ebs_volume: [
    ['ec2:CreateVolume', ec2('volume'), asked],
    ['ec2:ModifyVolume', ec2('volume'), tagged],
  ],
  aws_dlm_lifecycle_policy: [
    ['dlm:CreateLifecyclePolicy', '*', asked],
    ['dlm:UpdateLifecyclePolicy', dlm, tagged],
    [
      'iam:PassRole',
      iam('role/chronos-stage-database-snapshots'),
      { 'iam:PassedToService': 'dlm.amazonaws.com' },
    ],
  ],
};

const HOST_NEEDS: Readonly<Record<string, readonly Need[]>> = {
  aws_key_pair: [['ec2:ImportKeyPair', `arn:aws:ec2:us-east-1:${ACCOUNT}:key-pair/chronos-stage-deployer`]],
  aws_instance: [
    ['ec2:RunInstances', ec2('instance'), askedForStage],
    ['ec2:RunInstances', ec2('volume'), askedForStage],
    ['ec2:RunInstances', ec2('subnet')],
    ['ec2:TerminateInstances', ec2('instance'), ofStage],
    ['ec2:ModifyInstanceAttribute', ec2('instance'), ofStage],
    ['ec2:ModifyInstanceMetadataOptions', ec2('instance'), ofStage],
    ['iam:PassRole', iam('role/chronos-stage-host'), { 'iam:PassedToService': 'ec2.amazonaws.com' }],
  ],
  aws_eip_association: [
    ['ec2:AssociateAddress', ec2('elastic-ip'), ofStage],
    ['ec2:AssociateAddress', ec2('instance'), ofStage],
  ],
  aws_volume_attachment: [
    ['ec2:AttachVolume', ec2('volume'), ofStage],
    ['ec2:AttachVolume', ec2('instance'), ofStage],
    ['ec2:DetachVolume', ec2('volume'), ofStage],
    ['ec2:StopInstances', ec2('instance'), ofStage],
  ],
};

/** Types of the resources in a root and the modules that it uses. */
function typesIn(root: string): string[] {
  const folder = join(ROOT, 'terraform', root);
  const own = globSync('*.tf', { cwd: folder }).map((file) => readFileSync(join(folder, file), 'utf8'));
  const modules = [...own.join('\n').matchAll(/source\s*=\s*"\.\.\/modules\/([a-z-]+)"/g)].map(
    (match) => match[1]!,
  );
  const texts = modules.flatMap((name) =>
    globSync('*.tf', { cwd: join(ROOT, 'terraform/modules', name) }).map((file) =>
      readFileSync(join(ROOT, 'terraform/modules', name, file), 'utf8'),
    ),
  );
  const all = [...own, ...texts].join('\n');
  return [...new Set([...all.matchAll(/^resource "(\w+)"/gm)].map((match) => match[1]!))].sort();
}

const APPLIED = [
  ['chronos-shared', ['shared', 'data'], NEEDS],
  ['chronos-stage', ['deployments'], HOST_NEEDS],
] as const;

describe.each(APPLIED)('the apply role of %s', (stack, roots, needs) => {
  const apply = roleOf(stack, 'ApplyRole');
  const plan = roleOf(stack, 'PlanRole');

  test('may do what every resource of its roots takes, and the list is theirs', async () => {
    expect([...new Set(roots.flatMap(typesIn))].sort()).toEqual(Object.keys(needs).sort());
    for (const [type, list] of Object.entries(needs)) {
      for (const [action, resource, context = {}] of list)
        expect(await allows(apply, action, resource, { ...context }), `${type}: ${action} ${resource}`).toBe(
          true,
        );
    }
  });

  test('has none of it without the tags, and the plan role none at all', async () => {
    for (const [action, resource, context] of Object.values(needs).flat()) {
      if (/:(Get|List|Describe)/.test(action)) continue;
      expect(await allows(plan, action, resource, { ...context }), `plan: ${action}`).toBe(false);
      if (context)
        expect(await allows(apply, action, resource), `untagged: ${action} ${resource}`).toBe(false);
    }
  });
});

test('a role without the boundary can be neither made nor given a policy', async () => {
  const apply = roleOf('chronos-shared', 'ApplyRole');
  const other = { 'iam:PermissionsBoundary': `arn:aws:iam::${ACCOUNT}:policy/another` };
  for (const action of ['iam:CreateRole', 'iam:PutRolePolicy', 'iam:PutRolePermissionsBoundary'])
    expect(await allows(apply, action, iam('role/chronos-stage-host'), other), action).toBe(false);
  expect(await allows(apply, 'iam:DeleteRolePermissionsBoundary', iam('role/chronos-stage-host'))).toBe(
    false,
  );
  expect(await allows(apply, 'iam:AttachRolePolicy', iam('role/chronos-stage-host'), bounded)).toBe(false);
  expect(await allows(apply, 'iam:CreateRole', iam('role/somebody-else'), bounded)).toBe(false);
});
