import type { Stack } from 'aws-cdk-lib';
import type { Foundations } from '../../contract/manifest.ts';
import { HOST_TAGS } from '../../contract/names.ts';
import type { Permission } from '../permissions.ts';
import type { StateAccess } from './state-access.ts';

const NO_RESOURCE = 'the actions support no resource-level permissions';
const COME_AND_GO =
  'hosts come and go; the condition limits the permission to those tagged with the environment';

/** The states of an environment's deployment, and those that it stands on. */
export const deploymentStates = (environment: string): Pick<StateAccess, 'own' | 'read'> => ({
  own: [`environments/${environment}/terraform.tfstate`],
  read: ['environments/shared/terraform.tfstate', `environments/${environment}/data.tfstate`],
});

/** What reading the resources of terraform/deployments takes. */
export const READ_DEPLOYMENT: readonly Permission[] = [
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

/** What changing the resources of terraform/deployments takes besides: hosts tagged with the environment. */
export function changeDeployment(
  stack: Stack,
  environment: string,
  { namePrefix }: Foundations,
): Permission[] {
  const name = `${namePrefix}chronos-${environment}`;
  const iam = (resource: string) =>
    stack.formatArn({ service: 'iam', region: '', resource, resourceName: `${name}-host` });
  const ec2 = (resource: string, name = '*') =>
    stack.formatArn({ service: 'ec2', resource, resourceName: name });
  const requested = { StringEquals: { [`aws:RequestTag/${HOST_TAGS.environment}`]: environment } };
  const tagged = { StringEquals: { [`aws:ResourceTag/${HOST_TAGS.environment}`]: environment } };
  const image = stack.formatArn({ service: 'ec2', account: '', resource: 'image', resourceName: '*' });
  return [
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
      resources: [ec2('key-pair', `${name}-deployer`)],
    },
    {
      actions: ['iam:PassRole'],
      resources: [iam('role')],
      conditions: { StringEquals: { 'iam:PassedToService': 'ec2.amazonaws.com' } },
    },
    { actions: ['iam:GetInstanceProfile'], resources: [iam('instance-profile')] },
  ];
}
