import { LockHeld } from '../../lib/contract/errors.ts';
import { nameOf } from '../../lib/contract/identity.ts';
import type { LockClaim, Run } from '../../lib/contract/run.ts';
import type { Approval, Lock, RunRecord } from '../common/deployment-table.ts';

/** What taking the lock needs from the outside. */
export interface AcquireLockPorts {
  readLock(): Promise<Lock>;
  takeLock(run: Run, now: string, abandoned?: string): Promise<number | undefined>;
  rememberRun(run: Run): Promise<void>;
  readRun(runId: string): Promise<RunRecord | undefined>;
  readApproval(runId: string): Promise<Approval | undefined>;
  isRunning(executionArn: string): Promise<boolean>;
  /** Builds and commands of a run that have not ended. */
  openWork(record: RunRecord): Promise<string[]>;
  now(): number;
}

/**
 * Takes the environment's lock. It is taken from another owner only when that execution has ended and
 * everything it started has ended too; never because of its age.
 * @throws LockHeld naming the holder
 */
export async function acquireLock(run: Run, ports: AcquireLockPorts): Promise<LockClaim> {
  const lock = await ports.readLock();
  if (lock.owner === run.executionArn) return { owner: lock.owner, fence: lock.fence };
  if (lock.owner) await refuseWhileHeld(lock, ports);
  const fence = await ports.takeLock(run, new Date(ports.now()).toISOString(), lock.owner);
  if (fence === undefined) throw new LockHeld(`${describeHolder(await ports.readLock())}: it was first`);
  await ports.rememberRun(run);
  return { owner: run.executionArn, fence };
}

async function refuseWhileHeld(lock: Lock, ports: AcquireLockPorts): Promise<void> {
  const holder = describeHolder(lock);
  if (await ports.isRunning(lock.owner!)) {
    const approval = await ports.readApproval(lock.runId!);
    const waits = approval !== undefined && approval.decision === undefined;
    throw new LockHeld(`${holder} and ${waits ? WAITS : 'is still running'}`);
  }
  const record = await ports.readRun(lock.runId!);
  const open = record ? await ports.openWork(record) : [];
  if (open.length > 0) throw new LockHeld(`${holder}; it has ended, but not yet ${open.join(', ')}`);
}

/** It may take an hour: what can be done about it. */
const WAITS = 'waits for approval: approve, reject or cancel it, or deploy with --supersede';

function describeHolder({ owner, action, runId, requestedBy, takenAt }: Lock): string {
  if (!owner) return 'another deployment held the lock for a moment';
  return `${action} ${runId}, started by ${nameOf(requestedBy ?? 'somebody')}, holds the lock since ${takenAt}`;
}
