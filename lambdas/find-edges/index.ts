import { DescribeInstanceInformationCommand, SSMClient } from '@aws-sdk/client-ssm';
import { HOST_TAGS } from '../../lib/contract/names.ts';
import type { LockClaim, Run } from '../../lib/contract/run.ts';
import { environmentTable } from '../common/environment-table.ts';
import { guard } from '../common/guard.ts';
import { type EdgeRollout, findEdges } from './core.ts';

const ssm = new SSMClient({});

export const handler = async ({ run, claim }: { run: Run; claim: LockClaim }): Promise<EdgeRollout> => {
  await guard(run, claim, environmentTable());
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
