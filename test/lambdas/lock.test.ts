import type { AddressInfo } from 'node:net';
import { CreateTableCommand, DynamoDBClient, waitUntilTableExists } from '@aws-sdk/client-dynamodb';
import dynalite from 'dynalite';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { type AcquireLockPorts, acquireLock } from '../../lambdas/acquire-lock/core.ts';
import { DeploymentTable } from '../../lambdas/common/deployment-table.ts';
import { guard } from '../../lambdas/common/guard.ts';
import type { LockClaim, Run } from '../../lib/contract/run.ts';

const server = dynalite({ createTableMs: 0 });
let client: DynamoDBClient;
let table: DeploymentTable;
let tables = 0;

beforeAll(async () => {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  client = new DynamoDBClient({
    endpoint: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    region: 'us-east-1',
    credentials: { accessKeyId: 'x', secretAccessKey: 'x' },
  });
});

afterAll(() => {
  client.destroy();
  server.closeAllConnections();
  server.close();
});

beforeEach(async () => {
  tables += 1;
  const TableName = `table-${tables}`;
  await client.send(
    new CreateTableCommand({
      TableName,
      AttributeDefinitions: [{ AttributeName: 'pk', AttributeType: 'S' }],
      KeySchema: [{ AttributeName: 'pk', KeyType: 'HASH' }],
      BillingMode: 'PAY_PER_REQUEST',
    }),
  );
  await waitUntilTableExists({ client, maxWaitTime: 10, minDelay: 0.05, maxDelay: 0.1 }, { TableName });
  table = new DeploymentTable(TableName, client);
});

const NOW = Date.UTC(2026, 0, 1);

const runOf = (name: string, more: Partial<Run> = {}): Run => ({
  runId: name,
  executionArn: `arn:execution:${name}`,
  environment: 'stage',
  action: 'apply',
  gitRef: 'main',
  commit: 'c'.repeat(40),
  repository: 'https://example.org/x.git',
  targets: ['dashboard'],
  requestedBy: 'ada',
  reason: '',
  configuration: { version: 1, pointer: {} },
  approval: 'never',
  approver: 'anyone',
  dumpFirst: false,
  infrastructure: { root: 'local', backend: null, variables: {}, replace: '' },
  deadline: new Date(NOW + 3600_000).toISOString(),
  startedAt: new Date(NOW).toISOString(),
  restoring: false,
  lastRelease: null,
  ...more,
});

/** Executions that have ended, and what they left running. */
const ended = new Set<string>();
const openWork = new Map<string, string[]>();

const ports = (): AcquireLockPorts => ({
  readLock: () => table.readLock(),
  takeLock: (run, now, abandoned) => table.takeLock(run, now, abandoned),
  rememberRun: (run) => table.rememberRun(run),
  readRun: (runId) => table.readRun(runId),
  readApproval: (runId) => table.readApproval(runId),
  isRunning: async (arn) => !ended.has(arn),
  openWork: async ({ runId }) => openWork.get(runId) ?? [],
  now: () => NOW,
});

describe('the lock', () => {
  test('is taken when free, kept by its owner when asked again, and refused to others by name', async () => {
    const claim = await acquireLock(runOf('one'), ports());
    expect(claim).toEqual({ owner: 'arn:execution:one', fence: 1 });
    expect(await acquireLock(runOf('one'), ports())).toEqual(claim);
    await expect(acquireLock(runOf('two'), ports())).rejects.toThrow(
      /apply one, started by ada, holds the lock since 2026-01-01.* and is still running/,
    );
  });

  test('says of a holder that waits for approval what can be done about it', async () => {
    await acquireLock(runOf('asking'), ports());
    const approval = {
      taskToken: 't',
      digest: 'd',
      requestedAt: 'now',
      requestedBy: 'ada',
      approver: 'anyone',
    } as const;
    await table.requestApproval({ runId: 'asking', ...approval });
    await expect(acquireLock(runOf('other'), ports())).rejects.toThrow(
      /waits for approval: approve, reject or cancel it, or deploy with --supersede/,
    );
    await table.decide('asking', 'approved', 'bob', 'now', '');
    await expect(acquireLock(runOf('other'), ports())).rejects.toThrow(/is still running/);
  });

  test('is taken from an execution that has ended only when its builds and commands have', async () => {
    await acquireLock(runOf('gone'), ports());
    ended.add('arn:execution:gone');
    openWork.set('gone', ['build chronos-stage-apply:1']);
    await expect(acquireLock(runOf('next'), ports())).rejects.toThrow(
      /it has ended, but not yet build chronos-stage-apply:1/,
    );
    openWork.delete('gone');
    expect(await acquireLock(runOf('next'), ports())).toMatchObject({ fence: 2 });
  });

  test('is never freed by its age', async () => {
    await acquireLock(runOf('old'), ports());
    const later = { ...ports(), now: () => NOW + 1000 * 24 * 3600_000 };
    await expect(acquireLock(runOf('new'), later)).rejects.toThrow(/holds the lock/);
  });

  test('is freed by its owner alone, and the fencing number stays', async () => {
    const first = await acquireLock(runOf('a'), ports());
    expect(await table.freeLock('arn:execution:b')).toBe(false);
    expect(await table.freeLock(first.owner)).toBe(true);
    expect(await acquireLock(runOf('b'), ports())).toMatchObject({ fence: first.fence + 1 });
  });

  test('a thousand races never admit two writers, and fences only rise', async () => {
    const writers = new Set<string>();
    let most = 0;
    let wins = 0;
    let lastFence = 0;
    for (let race = 0; race < 1000; race += 1) {
      const contenders = Array.from({ length: 2 }, (_, i) => runOf(`race-${race}-${i}`));
      const outcomes = await Promise.allSettled(contenders.map((run) => acquireLock(run, ports())));
      const claims = outcomes.flatMap((outcome) => (outcome.status === 'fulfilled' ? [outcome.value] : []));
      for (const claim of claims) writers.add(claim.owner);
      most = Math.max(most, writers.size);
      for (const claim of claims) {
        wins += 1;
        expect(claim.fence).toBeGreaterThan(lastFence);
        lastFence = claim.fence;
        // Half of them release, the others are stopped and leave the lock behind.
        writers.delete(claim.owner);
        if (race % 2) await table.freeLock(claim.owner);
        else ended.add(claim.owner);
      }
    }
    expect(most).toBe(1);
    expect(wins).toBe(1000);
  });
});

describe('the guard before every change', () => {
  const pass = (run: Run, claim: LockClaim, now = NOW) => guard(run, claim, table, now);

  test('passes the owner, and stops an execution that lost its lock', async () => {
    const run = runOf('owner');
    const claim = await acquireLock(run, ports());
    await pass(run, claim);
    ended.add(run.executionArn);
    await acquireLock(runOf('successor'), ports());
    await expect(pass(run, claim)).rejects.toMatchObject({
      name: 'LockLost',
      message: /run successor holds it/,
    });
  });

  test('stops a redriven execution that took the lock once and freed it', async () => {
    const run = runOf('redriven');
    const claim = await acquireLock(run, ports());
    await table.freeLock(claim.owner);
    await expect(pass(run, claim)).rejects.toMatchObject({ name: 'LockLost' });
  });

  test('stops what was cancelled and what is overdue, but not the restoring of the last release', async () => {
    const run = runOf('cancelled');
    const claim = await acquireLock(run, ports());
    await expect(pass(run, claim, NOW + 7200_000)).rejects.toMatchObject({ name: 'DeadlinePassed' });
    await table.requestCancel(run.runId, 'grace', 'wrong commit');
    await expect(pass(run, claim)).rejects.toMatchObject({
      name: 'Cancelled',
      message: /grace cancelled the deployment: wrong commit/,
    });
    await pass({ ...run, restoring: true }, claim, NOW + 7200_000);
  });
});

test('a callback of an older attempt never replaces a newer one', async () => {
  const callback = (retryCount: number) => ({
    commandId: 'c',
    instanceId: 'i',
    taskToken: `token ${retryCount}`,
    runId: 'r',
    step: 'RunInstall',
    retryCount,
    deadline: new Date(NOW).toISOString(),
    restoring: false,
  });
  await table.rememberCallback(callback(2));
  await table.rememberCallback(callback(1));
  expect((await table.readCallback('c'))?.taskToken).toBe('token 2');
  await table.rememberCallback(callback(3));
  expect((await table.readCallback('c'))?.taskToken).toBe('token 3');
});
