import type { Release } from '../../lib/contract/run.ts';
import type { Lock, RunRecord } from '../common/deployment-table.ts';

/** What closing an abandoned deployment needs from the outside. */
export interface CloseAbandonedPorts {
  readLock(): Promise<Lock>;
  isRunning(executionArn: string): Promise<boolean>;
  readRun(runId: string): Promise<RunRecord | undefined>;
  cancelCommands(record: RunRecord): Promise<void>;
  openWork(record: RunRecord): Promise<string[]>;
  freeLock(owner: string): Promise<boolean>;
  readRelease(): Promise<Release | undefined>;
  /** Starts an execution of this name that brings the last good release back; a second start of it does nothing. */
  startRecovery(name: string, reason: string): Promise<void>;
  /** Leaves report and notice. */
  report(lock: Lock, sentence: string): Promise<void>;
}

const RECOVERY_PREFIX = 'recover-';

/**
 * Closes what an execution left open that was stopped, timed out or hit an error nothing catches. The lock
 * is freed only when its builds and commands have ended; until then the next sweep looks again.
 * @returns one sentence about what was found
 */
export async function closeAbandoned(ports: CloseAbandonedPorts): Promise<string> {
  const lock = await ports.readLock();
  if (!lock.owner || !lock.runId) return 'the lock is free';
  if (await ports.isRunning(lock.owner)) return `run ${lock.runId} is running`;
  const record = await ports.readRun(lock.runId);
  if (record) {
    await ports.cancelCommands(record);
    const open = await ports.openWork(record);
    if (open.length > 0) return `run ${lock.runId} has ended, but not yet ${open.join(', ')}`;
  }
  if (!(await ports.freeLock(lock.owner))) return 'somebody else closed it';
  const sentence = `run ${lock.runId} ended without closing itself (it was stopped or timed out); its lock was freed`;
  const release = await ports.readRelease();
  const hostTouched = (record?.commands?.size ?? 0) > 0;
  const recover =
    hostTouched && release && lock.action !== 'destroy' && !lock.runId.startsWith(RECOVERY_PREFIX);
  if (recover) await ports.startRecovery(`${RECOVERY_PREFIX}${lock.runId}`.slice(0, 80), sentence);
  await ports.report(lock, recover ? `${sentence}; the last good release is being brought back` : sentence);
  return sentence;
}
