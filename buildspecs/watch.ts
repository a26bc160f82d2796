import { DynamoDBClient, GetItemCommand } from '@aws-sdk/client-dynamodb';
import { describeCancellation } from '../lib/contract/errors.ts';
import { BuildFailure } from './exports.ts';
import type { Settings } from './settings.ts';

const client = new DynamoDBClient({});

async function row(table: string, pk: string): Promise<Record<string, string | undefined>> {
  const { Item = {} } = await client.send(
    new GetItemCommand({ TableName: table, Key: { pk: { S: pk } }, ConsistentRead: true }),
  );
  return Object.fromEntries(Object.entries(Item).map(([name, value]) => [name, value.S ?? value.N]));
}

/** Why the build must not go on, or undefined: the lock was lost, the deployment was cancelled, time is over. */
export async function reasonToStop(settings: Settings): Promise<BuildFailure | undefined> {
  const [lock, run] = await Promise.all([
    row(settings.TABLE_NAME, 'lock'),
    row(settings.TABLE_NAME, `run#${settings.RUN_ID}`),
  ]);
  if (run.cancelRequestedBy) {
    return new BuildFailure('Cancelled', describeCancellation(run.cancelRequestedBy, run.cancelReason));
  }
  if (lock.owner !== settings.LOCK_OWNER || lock.fence !== settings.LOCK_FENCE) {
    return new BuildFailure(
      'LockLost',
      `run ${settings.RUN_ID} no longer holds the lock of ${settings.ENVIRONMENT}`,
    );
  }
  if (Date.now() > Date.parse(settings.DEADLINE)) {
    return new BuildFailure('DeadlinePassed', `the deployment's deadline (${settings.DEADLINE}) has passed`);
  }
  return undefined;
}

/** @throws BuildFailure unless a person approved exactly this plan: the record counts, not the token's answer */
export async function checkApproval(settings: Settings, digest: string): Promise<void> {
  const approval = await row(settings.TABLE_NAME, `approval#${settings.RUN_ID}`);
  if (approval.decision !== 'approved' || approval.digest !== digest) {
    throw new BuildFailure('PlanRefused', `no approval of plan ${digest.slice(0, 12)} is on record`);
  }
}
