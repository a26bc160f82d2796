import { DescribeInstanceInformationCommand, SSMClient } from '@aws-sdk/client-ssm';
import { HOST_TAGS } from '../../lib/contract/names.ts';
import type { LockClaim, Run } from '../../lib/contract/run.ts';
import { DeploymentTable } from '../common/deployment-table.ts';
import { setting } from '../common/environment.ts';
import { guard } from '../common/guard.ts';
import { type EdgeRollout, findEdges } from './core.ts';

const ssm = new SSMClient({});

export const handler = async ({ run, claim }: { run: Run; claim: LockClaim }): Promise<EdgeRollout> => {
  await guard(run, claim, new DeploymentTable(setting('TABLE_NAME')));
  const { InstanceInformationList = [] } = await ssm.send(
    new DescribeInstanceInformationCommand({
      Filters: [
        { Key: `tag:${HOST_TAGS.environment}`, Values: [run.environment] },
        { Key: `tag:${HOST_TAGS.role}`, Values: ['edge'] },
      ],
    }),
  );
  const nodes = InstanceInformationList.map(({ InstanceId = '' }) => InstanceId);
  return findEdges(run.environment, run.targets.includes('edge'), nodes);
};
