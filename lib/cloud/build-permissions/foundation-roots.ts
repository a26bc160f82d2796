import type { Stack } from 'aws-cdk-lib';
import type { Foundations } from '../../contract/manifest.ts';
import { MANAGED_TAG } from '../../contract/names.ts';
import type { Permission } from '../permissions.ts';
import type { StateAccess } from './state-access.ts';

const NO_RESOURCE = 'the actions support no resource-level permissions';
const NO_NAME_YET = 'what is to be made has no name yet; it must carry the tag of what these roots manage';
const TAGGED = 'AWS chooses the ids; the condition limits the permission to what these roots have tagged';
const ENVIRONMENTS = 'there is one for each environment';

/** The states of the roots that all environments stand on. */
export const FOUNDATION_STATES: Pick<StateAccess, 'own' | 'read'> = {
  own: ['environments/shared/terraform.tfstate', 'environments/*/data.tfstate'],
  read: [],
};

interface FoundationsAccess {
  readonly stack: Stack;
  readonly foundations: Foundations;
  /** ARN of the policy that bounds every role that is made. */
  readonly boundary: string;
}

/** What reading the resources of terraform/shared and terraform/data takes. */
export function readFoundations({ stack, foundations }: Omit<FoundationsAccess, 'boundary'>): Permission[] {
  return [
    {
      actions: [
        'dlm:GetLifecyclePolicy',
        'dlm:GetLifecyclePolicies',
        'ec2:DescribeAddresses',
        'ec2:DescribeAddressesAttribute',
        'ec2:DescribeAvailabilityZones',
        'ec2:DescribeDhcpOptions',
        'ec2:DescribeInternetGateways',
        'ec2:DescribeNetworkAcls',
        'ec2:DescribeRouteTables',
        'ec2:DescribeSecurityGroupRules',
        'ec2:DescribeSecurityGroups',
        'ec2:DescribeSubnets',
        'ec2:DescribeTags',
        'ec2:DescribeVolumes',
        'ec2:DescribeVpcAttribute',
        'ec2:DescribeVpcs',
      ],
      resources: ['*'],
      because: NO_RESOURCE,
    },
    {
      actions: [
        'iam:GetInstanceProfile',
        'iam:GetRole',
        'iam:GetRolePolicy',
        'iam:ListAttachedRolePolicies',
        'iam:ListInstanceProfilesForRole',
        'iam:ListInstanceProfileTags',
        'iam:ListRolePolicies',
        'iam:ListRoleTags',
      ],
      resources: [...roles(stack, foundations), ...instanceProfiles(stack, foundations)],
      because: ENVIRONMENTS,
    },
  ];
}

/** What changing them takes besides. Nothing here can destroy a VPC, a subnet, an address or a volume. */
export function changeFoundations(access: FoundationsAccess): Permission[] {
  const { stack, foundations, boundary } = access;
  const ec2 = (...resources: string[]) =>
    resources.map((resource) => stack.formatArn({ service: 'ec2', resource, resourceName: '*' }));
  const asked = { StringEquals: { [`aws:RequestTag/${MANAGED_TAG.key}`]: MANAGED_TAG.value } };
  const tagged = { StringEquals: { [`aws:ResourceTag/${MANAGED_TAG.key}`]: MANAGED_TAG.value } };
  const bounded = { StringEquals: { 'iam:PermissionsBoundary': boundary } };
  const hostRoles = [roleArn(stack, `${foundations.namePrefix}chronos-*-host`)];
  const snapshotRoles = [roleArn(stack, `${foundations.namePrefix}chronos-*-database-snapshots`)];
  const policies = stack.formatArn({ service: 'dlm', resource: 'policy', resourceName: '*' });
  const make = (action: string, made: string): Permission => ({
    actions: [action],
    resources: ec2(made),
    conditions: asked,
    because: NO_NAME_YET,
  });
  return [
    make('ec2:AllocateAddress', 'elastic-ip'),
    make('ec2:CreateDhcpOptions', 'dhcp-options'),
    make('ec2:CreateInternetGateway', 'internet-gateway'),
    make('ec2:CreateNetworkAcl', 'network-acl'),
    make('ec2:CreateRouteTable', 'route-table'),
    make('ec2:CreateSecurityGroup', 'security-group'),
    make('ec2:CreateSubnet', 'subnet'),
    make('ec2:CreateVolume', 'volume'),
    make('ec2:CreateVpc', 'vpc'),
    {
      // What is made in a VPC is also allowed by the VPC.
      actions: [
        'ec2:CreateNetworkAcl',
        'ec2:CreateRouteTable',
        'ec2:CreateSecurityGroup',
        'ec2:CreateSubnet',
      ],
      resources: ec2('vpc'),
      conditions: tagged,
      because: TAGGED,
    },
    {
      actions: [
        'ec2:AssociateDhcpOptions',
        'ec2:AssociateRouteTable',
        'ec2:AssociateSubnetCidrBlock',
        'ec2:AssociateVpcCidrBlock',
        'ec2:AttachInternetGateway',
        'ec2:AuthorizeSecurityGroupEgress',
        'ec2:AuthorizeSecurityGroupIngress',
        'ec2:CreateNetworkAclEntry',
        'ec2:CreateRoute',
        'ec2:CreateTags',
        'ec2:DeleteDhcpOptions',
        'ec2:DeleteNetworkAcl',
        'ec2:DeleteNetworkAclEntry',
        'ec2:DeleteRoute',
        'ec2:DeleteRouteTable',
        'ec2:DeleteSecurityGroup',
        'ec2:DeleteTags',
        'ec2:DisassociateRouteTable',
        'ec2:ModifySubnetAttribute',
        'ec2:ModifyVolume',
        'ec2:ModifyVpcAttribute',
        'ec2:ReplaceNetworkAclAssociation',
        'ec2:ReplaceNetworkAclEntry',
        'ec2:ReplaceRoute',
        'ec2:ReplaceRouteTableAssociation',
        'ec2:RevokeSecurityGroupEgress',
        'ec2:RevokeSecurityGroupIngress',
      ],
      resources: ec2(...MADE),
      conditions: tagged,
      because: TAGGED,
    },
    {
      actions: ['ec2:CreateTags'],
      resources: ec2(...MADE),
      conditions: { StringEquals: { 'ec2:CreateAction': CREATIONS } },
      because: NO_NAME_YET,
    },
    {
      // A role without the boundary can be neither made nor given a policy.
      actions: [
        'iam:CreateRole',
        'iam:PutRolePolicy',
        'iam:DeleteRolePolicy',
        'iam:PutRolePermissionsBoundary',
      ],
      resources: roles(stack, foundations),
      conditions: bounded,
      because: ENVIRONMENTS,
    },
    {
      actions: [
        'iam:DeleteRole',
        'iam:TagRole',
        'iam:UntagRole',
        'iam:UpdateAssumeRolePolicy',
        'iam:UpdateRole',
      ],
      resources: roles(stack, foundations),
      because: ENVIRONMENTS,
    },
    {
      actions: [
        'iam:AddRoleToInstanceProfile',
        'iam:CreateInstanceProfile',
        'iam:DeleteInstanceProfile',
        'iam:RemoveRoleFromInstanceProfile',
        'iam:TagInstanceProfile',
        'iam:UntagInstanceProfile',
      ],
      resources: instanceProfiles(stack, foundations),
      because: ENVIRONMENTS,
    },
    pass(hostRoles, 'ec2.amazonaws.com'),
    pass(snapshotRoles, 'dlm.amazonaws.com'),
    { actions: ['dlm:CreateLifecyclePolicy'], resources: ['*'], conditions: asked, because: NO_NAME_YET },
    { actions: ['dlm:TagResource'], resources: [policies], conditions: asked, because: NO_NAME_YET },
    {
      actions: [
        'dlm:DeleteLifecyclePolicy',
        'dlm:UpdateLifecyclePolicy',
        'dlm:TagResource',
        'dlm:UntagResource',
      ],
      resources: [policies],
      conditions: tagged,
      because: TAGGED,
    },
  ];
}

/** What the roots make in EC2. */
const MADE = [
  'dhcp-options',
  'elastic-ip',
  'internet-gateway',
  'network-acl',
  'route-table',
  'security-group',
  'subnet',
  'volume',
  'vpc',
];

/** Calls that may tag what they make. */
const CREATIONS = [
  'AllocateAddress',
  'CreateDhcpOptions',
  'CreateInternetGateway',
  'CreateNetworkAcl',
  'CreateRouteTable',
  'CreateSecurityGroup',
  'CreateSubnet',
  'CreateVolume',
  'CreateVpc',
];

const pass = (resources: string[], service: string): Permission => ({
  actions: ['iam:PassRole'],
  resources,
  conditions: { StringEquals: { 'iam:PassedToService': service } },
  because: ENVIRONMENTS,
});

const roleArn = (stack: Stack, resourceName: string): string =>
  stack.formatArn({ service: 'iam', region: '', resource: 'role', resourceName });

const roles = (stack: Stack, { namePrefix }: Foundations): string[] =>
  ['host', 'database-snapshots'].map((kind) => roleArn(stack, `${namePrefix}chronos-*-${kind}`));

const instanceProfiles = (stack: Stack, { namePrefix }: Foundations): string[] => [
  stack.formatArn({
    service: 'iam',
    region: '',
    resource: 'instance-profile',
    resourceName: `${namePrefix}chronos-*-host`,
  }),
];

/** The most that a role of a host or of snapshots may ever do, whatever policy it is given. */
export function boundaryStatements(stack: Stack): Permission[] {
  const arn = (service: string, resource: string, resourceName: string) =>
    stack.formatArn({ service, resource, resourceName });
  return [
    {
      actions: [
        'ec2messages:*',
        'ssm:ListAssociations',
        'ssm:ListInstanceAssociations',
        'ssm:UpdateInstanceAssociationStatus',
        'ssm:UpdateInstanceInformation',
        'ssmmessages:*',
      ],
      resources: ['*'],
      because: "the agent's own calls know no resource",
    },
    {
      actions: ['ssm:DescribeDocument', 'ssm:GetDocument'],
      resources: [arn('ssm', 'document', 'chronos-*')],
      because: 'documents are named after their content',
    },
    {
      actions: ['ssm:GetParameters'],
      resources: [arn('ssm', 'parameter', 'chronos/*')],
      because: 'each role is limited to its environment by its own policy',
    },
    {
      actions: ['kms:Decrypt'],
      resources: [arn('kms', 'key', '*')],
      conditions: { StringEquals: { 'kms:ViaService': `ssm.${stack.region}.amazonaws.com` } },
      because: "the account's own key for Parameter Store has an id that nobody chooses",
    },
    {
      actions: ['logs:CreateLogStream', 'logs:PutLogEvents'],
      resources: [stack.formatArn({ service: 'logs', resource: 'log-group:/chronos/*' })],
      because: 'each role is limited to its environment by its own policy',
    },
    {
      actions: ['s3:PutObject'],
      resources: [`arn:${stack.partition}:s3:::chronos-*-artifacts-*/hosts/*`],
      because: 'each role is limited to its environment by its own policy',
    },
    {
      actions: ['ec2:CreateSnapshot', 'ec2:CreateSnapshots', 'ec2:CreateTags', 'ec2:DeleteSnapshot'],
      resources: [
        stack.formatArn({
          service: 'ec2',
          region: '*',
          account: '',
          resource: 'snapshot',
          resourceName: '*',
        }),
        arn('ec2', 'volume', '*'),
      ],
      because: 'snapshots have no name before they are made',
    },
    {
      actions: ['ec2:DescribeInstances', 'ec2:DescribeSnapshots', 'ec2:DescribeVolumes'],
      resources: ['*'],
      because: NO_RESOURCE,
    },
  ];
}
