import { ArnFormat, type Stack } from 'aws-cdk-lib';
import type { InfrastructureState } from '../contract/manifest.ts';
import { HOST_TAGS } from '../contract/names.ts';
import type { Permission } from './permissions.ts';

export interface RootsAccess {
  readonly stack: Stack;
  readonly environment: string;
  readonly state: InfrastructureState;
}

const NO_RESOURCE = 'the actions support no resource-level permissions';
const COME_AND_GO =
  'hosts come and go; the condition limits the permission to those tagged with the environment';

/** What planning terraform/deployments takes: reading, and both locks of its state. */
export function planPermissions(access: RootsAccess): Permission[] {
  const { environment } = access;
  const own = stateObject(access, `environments/${environment}/*`);
  return [
    { actions: ['s3:ListBucket'], resources: [bucket(access)] },
    {
      actions: ['s3:GetObject'],
      resources: [own, stateObject(access, 'environments/shared/terraform.tfstate')],
      because: 'the environment has a state for its host and one for its data',
    },
    {
      actions: ['s3:PutObject', 's3:DeleteObject'],
      resources: [stateObject(access, `environments/${environment}/terraform.tfstate.tflock`)],
    },
    {
      actions: ['dynamodb:GetItem', 'dynamodb:PutItem', 'dynamodb:DeleteItem'],
      resources: [lockTable(access)],
    },
    {
      actions: [
        'ec2:DescribeAddresses',
        'ec2:DescribeAddressesAttribute',
        'ec2:DescribeIamInstanceProfileAssociations',
        'ec2:DescribeImages',
        'ec2:DescribeInstanceAttribute',
        'ec2:DescribeInstanceCreditSpecifications',
        'ec2:DescribeInstanceTypes',
        'ec2:DescribeInstances',
        'ec2:DescribeKeyPairs',
        'ec2:DescribeNetworkInterfaces',
        'ec2:DescribeSecurityGroups',
        'ec2:DescribeSubnets',
        'ec2:DescribeTags',
        'ec2:DescribeVolumes',
        'ec2:DescribeVpcs',
      ],
      resources: ['*'],
      because: NO_RESOURCE,
    },
  ];
}

/** What applying terraform/deployments takes besides: its own state, and hosts tagged with the environment. */
export function applyPermissions(access: RootsAccess): Permission[] {
  const { stack, environment } = access;
  const ec2 = (resource: string, name = '*') =>
    stack.formatArn({ service: 'ec2', resource, resourceName: name });
  const requested = { StringEquals: { [`aws:RequestTag/${HOST_TAGS.environment}`]: environment } };
  const tagged = { StringEquals: { [`aws:ResourceTag/${HOST_TAGS.environment}`]: environment } };
  const image = stack.formatArn({ service: 'ec2', account: '', resource: 'image', resourceName: '*' });
  return [
    ...planPermissions(access),
    {
      actions: ['s3:PutObject'],
      resources: [stateObject(access, `environments/${environment}/terraform.tfstate`)],
    },
    {
      actions: ['ec2:RunInstances'],
      resources: [ec2('instance'), ec2('volume')],
      conditions: requested,
      because: 'what is to be made has no name yet; it must be tagged with the environment',
    },
    {
      actions: ['ec2:RunInstances'],
      resources: [image, ec2('key-pair'), ec2('network-interface'), ec2('security-group'), ec2('subnet')],
      because: 'what a new host is made of: images, the network, its key',
    },
    {
      actions: ['ec2:CreateTags'],
      resources: [ec2('instance'), ec2('volume'), ec2('key-pair')],
      conditions: {
        StringEquals: { 'ec2:CreateAction': ['RunInstances', 'ImportKeyPair'] },
      },
      because: 'what is being made has no name yet',
    },
    {
      actions: ['ec2:CreateTags'],
      resources: [ec2('instance'), ec2('volume')],
      // No host can be tagged into another environment.
      conditions: {
        ...tagged,
        StringEqualsIfExists: { [`aws:RequestTag/${HOST_TAGS.environment}`]: environment },
      },
      because: COME_AND_GO,
    },
    {
      actions: [
        'ec2:AssociateIamInstanceProfile',
        'ec2:AttachVolume',
        'ec2:DetachVolume',
        'ec2:DisassociateIamInstanceProfile',
        'ec2:ModifyInstanceAttribute',
        'ec2:ModifyInstanceMetadataOptions',
        'ec2:ReplaceIamInstanceProfileAssociation',
        'ec2:StartInstances',
        'ec2:StopInstances',
        'ec2:TerminateInstances',
      ],
      resources: [ec2('instance'), ec2('volume')],
      conditions: tagged,
      because: COME_AND_GO,
    },
    {
      actions: ['ec2:AssociateAddress', 'ec2:DisassociateAddress'],
      resources: [ec2('elastic-ip'), ec2('instance'), ec2('network-interface')],
      conditions: tagged,
      because: COME_AND_GO,
    },
    {
      actions: ['ec2:ImportKeyPair', 'ec2:DeleteKeyPair'],
      resources: [ec2('key-pair', `*chronos-${environment}-*`)],
      because: 'the prefix of the account stands before the name',
    },
    {
      actions: ['iam:PassRole'],
      resources: [
        stack.formatArn({
          service: 'iam',
          region: '',
          resource: 'role',
          resourceName: `*chronos-${environment}-host`,
        }),
      ],
      conditions: { StringEquals: { 'iam:PassedToService': 'ec2.amazonaws.com' } },
      because: 'the prefix of the account stands before the name',
    },
    {
      actions: ['iam:GetInstanceProfile'],
      resources: [
        stack.formatArn({
          service: 'iam',
          region: '',
          resource: 'instance-profile',
          resourceName: `*chronos-${environment}-host`,
        }),
      ],
      because: 'the prefix of the account stands before the name',
    },
  ];
}

const bucket = ({ stack, state }: RootsAccess): string =>
  stack.formatArn({
    service: 's3',
    region: '',
    account: '',
    resource: state.bucket,
    arnFormat: ArnFormat.NO_RESOURCE_NAME,
  });

const stateObject = (access: RootsAccess, key: string): string => `${bucket(access)}/${key}`;

const lockTable = ({ stack, state }: RootsAccess): string =>
  stack.formatArn({ service: 'dynamodb', resource: 'table', resourceName: state.table });
