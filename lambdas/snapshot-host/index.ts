import { CreateSnapshotsCommand, DescribeSnapshotsCommand, EC2Client } from '@aws-sdk/client-ec2';
import { HOST_TAGS } from '../../lib/contract/names.ts';
import type { LockClaim, Run } from '../../lib/contract/run.ts';
import { environmentTable } from '../common/environment-table.ts';
import { guard } from '../common/guard.ts';
import { type Snapshot, snapshotHost } from './core.ts';

const ec2 = new EC2Client({});

const RUN_TAG = 'chronos:run';

interface Event {
  readonly run: Run;
  readonly claim: LockClaim;
  readonly instanceId: string;
  /** ISO 8601. */
  readonly enteredAt: string;
}

const toSnapshots = (
  found: readonly { SnapshotId?: string | undefined; State?: string | undefined }[],
): Snapshot[] =>
  found.map(({ SnapshotId = '', State = 'pending' }) => ({ snapshotId: SnapshotId, state: State }));

export const handler = async (event: Event): Promise<{ snapshots: string[] }> => {
  const { run, claim, instanceId, enteredAt } = event;
  await guard(run, claim, environmentTable());
  const request = { runId: run.runId, instanceId, enteredAt: Date.parse(enteredAt) };
  return await snapshotHost(request, {
    async findSnapshots(runId) {
      const { Snapshots = [] } = await ec2.send(
        new DescribeSnapshotsCommand({
          OwnerIds: ['self'],
          Filters: [{ Name: `tag:${RUN_TAG}`, Values: [runId] }],
        }),
      );
      return toSnapshots(Snapshots);
    },
    async createSnapshots(id, runId) {
      const description = `Before ${runId} replaced the host of ${run.environment}`;
      const Tags = [
        { Key: RUN_TAG, Value: runId },
        { Key: HOST_TAGS.environment, Value: run.environment },
        { Key: 'Name', Value: `chronos-${run.environment}-before-${runId}` },
      ];
      const { Snapshots = [] } = await ec2.send(
        new CreateSnapshotsCommand({
          InstanceSpecification: { InstanceId: id },
          Description: description,
          TagSpecifications: [{ ResourceType: 'snapshot', Tags }],
        }),
      );
      return toSnapshots(Snapshots);
    },
    now: () => Date.now(),
  });
};
