import { DescribeInstancesCommand, EC2Client } from '@aws-sdk/client-ec2';
import { HOST_TAGS } from '../../lib/contract/names.ts';
import type { LockClaim, Run } from '../../lib/contract/run.ts';
import { environmentTable } from '../common/environment-table.ts';
import { guard } from '../common/guard.ts';
import { type Host, locateHost } from './core.ts';

const ec2 = new EC2Client({});

export const handler = async ({ run, claim }: { run: Run; claim: LockClaim }): Promise<Host> => {
  await guard(run, claim, environmentTable());
  const { Reservations = [] } = await ec2.send(
    new DescribeInstancesCommand({
      Filters: [
        { Name: `tag:${HOST_TAGS.environment}`, Values: [run.environment] },
        { Name: `tag:${HOST_TAGS.role}`, Values: ['dashboard'] },
        { Name: 'instance-state-name', Values: ['pending', 'running'] },
      ],
    }),
  );
  const instances = Reservations.flatMap(({ Instances = [] }) => Instances);
  return locateHost(
    run.environment,
    instances.map(({ InstanceId = '', PublicIpAddress = '' }) => ({
      instanceId: InstanceId,
      address: PublicIpAddress,
    })),
  );
};
