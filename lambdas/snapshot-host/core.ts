import { SnapshotFailed, SnapshotNotReady } from '../../lib/contract/errors.ts';

/** A snapshot of one disk. */
export interface Snapshot {
  readonly snapshotId: string;
  readonly state: 'pending' | 'completed' | 'error' | (string & {});
}

/** What taking a snapshot needs from the outside. */
export interface SnapshotHostPorts {
  /** Those that this run has taken before: CreateSnapshots has no client token. */
  findSnapshots(runId: string): Promise<Snapshot[]>;
  /** Takes one of every disk of the instance, all of the same moment. */
  createSnapshots(instanceId: string, runId: string): Promise<Snapshot[]>;
  now(): number;
}

export interface SnapshotRequest {
  readonly runId: string;
  readonly instanceId: string;
  /** When the state was entered, ms since the epoch. */
  readonly enteredAt: number;
}

const PATIENCE_MS = 60 * 60 * 1000;

/**
 * Takes snapshots of a host's disks once a run, and answers with their ids when they are complete.
 * @throws SnapshotNotReady to be asked again, SnapshotFailed when one failed or took more than an hour
 */
export async function snapshotHost(
  { runId, instanceId, enteredAt }: SnapshotRequest,
  ports: SnapshotHostPorts,
): Promise<{ snapshots: string[] }> {
  const earlier = await ports.findSnapshots(runId);
  const found = earlier.length > 0 ? earlier : await ports.createSnapshots(instanceId, runId);
  const ids = found.map(({ snapshotId }) => snapshotId);
  const failed = found.filter(({ state }) => state === 'error').map(({ snapshotId }) => snapshotId);
  if (failed.length > 0)
    throw new SnapshotFailed(`the snapshots ${failed.join(', ')} of ${instanceId} failed`);
  if (found.every(({ state }) => state === 'completed')) return { snapshots: ids };
  const text = `the snapshots ${ids.join(', ')} of ${instanceId} are not complete`;
  if (ports.now() - enteredAt > PATIENCE_MS) throw new SnapshotFailed(`${text} after an hour`);
  throw new SnapshotNotReady(text);
}
