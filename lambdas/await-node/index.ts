import { DescribeInstanceInformationCommand, SSMClient } from '@aws-sdk/client-ssm';
import type { LockClaim, Run } from '../../lib/contract/run.ts';
import { environmentTable } from '../common/environment-table.ts';
import { guard } from '../common/guard.ts';
import { awaitNode, type Node } from './core.ts';

const ssm = new SSMClient({});

interface Event {
  readonly run: Run;
  readonly claim: LockClaim;
  readonly instanceId: string;
  /** ISO 8601. */
  readonly enteredAt: string;
}

export const handler = async ({ run, claim, instanceId, enteredAt }: Event): Promise<Node> => {
  await guard(run, claim, environmentTable());
  const { InstanceInformationList = [] } = await ssm.send(
    new DescribeInstanceInformationCommand({ Filters: [{ Key: 'InstanceIds', Values: [instanceId] }] }),
  );
  const [found] = InstanceInformationList;
  const node = found && {
    pingStatus: found.PingStatus ?? 'unknown',
    agentVersion: found.AgentVersion ?? '0',
  };
  return awaitNode(instanceId, node, Date.parse(enteredAt), Date.now());
};
