import { expect, test } from 'vitest';
import { type Snapshot, snapshotHost } from '../../lambdas/snapshot-host/core.ts';

const REQUEST = { runId: 'run-1', instanceId: 'i-1', enteredAt: 0 };

function ports(states: readonly string[], found: Snapshot[] = [], now = 0) {
  const made: string[] = [];
  return {
    made,
    findSnapshots: async () => found,
    createSnapshots: async (instanceId: string) => {
      made.push(instanceId);
      return states.map((state, i) => ({ snapshotId: `snap-${i}`, state }));
    },
    now: () => now,
  };
}

test('takes snapshots of all disks, and is ready when all are complete', async () => {
  const done = ports(['completed', 'completed']);
  expect(await snapshotHost(REQUEST, done)).toEqual({ snapshots: ['snap-0', 'snap-1'] });
  await expect(snapshotHost(REQUEST, ports(['completed', 'pending']))).rejects.toMatchObject({
    name: 'SnapshotNotReady',
  });
});

test('takes them once a run, however often it is asked', async () => {
  const again = ports([], [{ snapshotId: 'snap-9', state: 'completed' }]);
  expect(await snapshotHost(REQUEST, again)).toEqual({ snapshots: ['snap-9'] });
  expect(again.made).toEqual([]);
});

test('fails when one failed, or when it takes more than an hour: the host must not be replaced', async () => {
  await expect(snapshotHost(REQUEST, ports(['completed', 'error']))).rejects.toThrow('snap-1 of i-1 failed');
  const slow = ports([], [{ snapshotId: 'snap-9', state: 'pending' }], 3_600_001);
  await expect(snapshotHost(REQUEST, slow)).rejects.toMatchObject({ name: 'SnapshotFailed' });
});
