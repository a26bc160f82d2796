import { Cancelled, DeadlinePassed, describeCancellation, LockLost } from '../../lib/contract/errors.ts';
import type { LockClaim, Run } from '../../lib/contract/run.ts';
import type { DeploymentTable } from './deployment-table.ts';

/**
 * Every step that changes something passes here first: the lock is still this execution's, nobody asked
 * for the end, and there is time left (neither ends the restoring of the last good release). A redriven or superseded execution stops here.
 */
export async function guard(
  run: Run,
  claim: LockClaim,
  table: Pick<DeploymentTable, 'readLock' | 'readRun'>,
  now: number = Date.now(),
): Promise<void> {
  const [lock, record] = await Promise.all([table.readLock(), table.readRun(run.runId)]);
  if (lock.owner !== claim.owner || lock.fence !== claim.fence) {
    const holder = lock.runId ? `run ${lock.runId} holds it` : 'nobody holds it';
    throw new LockLost(
      `run ${run.runId} no longer holds the lock of ${run.environment}: ${holder}; start a new deployment`,
    );
  }
  if (run.restoring) return;
  if (record?.cancelRequestedBy) {
    throw new Cancelled(describeCancellation(record.cancelRequestedBy, record.cancelReason));
  }
  if (now > Date.parse(run.deadline)) {
    throw new DeadlinePassed(
      `the deployment's deadline (${run.deadline}) has passed; start a new deployment`,
    );
  }
}
