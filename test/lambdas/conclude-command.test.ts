import { describe, expect, test } from 'vitest';
import type { Invocation } from '../../lambdas/common/command-invocation.ts';
import { type ConcludeCommandPorts, concludeCommand } from '../../lambdas/common/conclude-command.ts';
import type { CommandCallback } from '../../lambdas/common/deployment-table.ts';

const NOW = Date.UTC(2026, 0, 1);
const CALLBACK: CommandCallback = {
  commandId: 'c-1',
  instanceId: 'i-1',
  taskToken: 'token',
  runId: 'run',
  step: 'RunInstall',
  retryCount: 0,
  deadline: new Date(NOW + 60_000).toISOString(),
  restoring: false,
};

const result = (status: string, more: object = {}) =>
  JSON.stringify({
    schema: 'chronos-host-result/1',
    runId: 'run',
    step: 'RunInstall',
    status,
    message: 'a sentence',
    ...more,
  });

/** What concluding did, as words. */
async function conclude(
  invocation: Partial<Invocation> | undefined,
  options: { callback?: Partial<CommandCallback>; cancelled?: boolean; now?: number } = {},
): Promise<string[]> {
  const done: string[] = [];
  const ports: ConcludeCommandPorts = {
    readInvocation: async () =>
      invocation && { statusDetails: 'Success', exitCode: 0, stdout: '', stderr: '', ...invocation },
    readRun: async (runId) => ({
      runId,
      executionArn: 'x',
      ...(options.cancelled ? { cancelRequestedBy: 'ada', cancelReason: 'no' } : {}),
    }),
    cancelCommand: async () => void done.push('cancel'),
    askHostAgain: async (_, because) => void done.push(`ask: ${because}`),
    answer: async (_, answer) =>
      void done.push(
        'error' in answer ? `${answer.error}: ${answer.cause}` : `success: ${JSON.stringify(answer.output)}`,
      ),
    now: () => options.now ?? NOW,
  };
  await concludeCommand({ ...CALLBACK, ...options.callback }, ports);
  return done;
}

describe('a command', () => {
  test('that runs, or is not known yet, is left alone', async () => {
    expect(await conclude(undefined)).toEqual([]);
    expect(await conclude({ statusDetails: 'InProgress' })).toEqual([]);
  });

  test('answers with the one result it printed, whatever came before it', async () => {
    expect(await conclude({ stdout: `warning: x\n${result('succeeded')}\n` })).toEqual([
      expect.stringMatching(/^success: .*a sentence/),
    ]);
    expect(
      await conclude({ statusDetails: 'Failed', stdout: result('failed', { excerpt: 'the log' }) }),
    ).toEqual(['HostStepFailed: a sentence\nthe log']);
  });

  test.each(['TimedOut', 'Cancelled', 'DeliveryTimedOut', 'Undeliverable', 'Failed', 'Success'])(
    'that ended %s without a result has the host asked again',
    async (statusDetails) => {
      expect(await conclude({ statusDetails, exitCode: 137, stdout: 'Killed' })).toEqual([
        `ask: Systems Manager says ${statusDetails} (exit code 137)`,
      ]);
    },
  );

  test('is lost when the host, asked again, knows no result either', async () => {
    const callback = { askedBecause: 'Systems Manager says TimedOut (exit code 137)' };
    expect(await conclude({ stdout: result('unknown') }, { callback })).toEqual([
      'HostStepLost: RunInstall ended without a result: Systems Manager says TimedOut (exit code 137); asked again, the host has none: a sentence',
    ]);
    expect(await conclude({ statusDetails: 'DeliveryTimedOut' }, { callback })).toEqual([
      expect.stringContaining('the host did not answer'),
    ]);
  });

  test('that still runs on the host though Systems Manager gave it up is waited for', async () => {
    expect(await conclude({ stdout: result('running') }, { callback: { askedBecause: 'x' } })).toEqual([]);
  });

  test('is cancelled and answered when the deadline has passed', async () => {
    expect(await conclude({ statusDetails: 'InProgress' }, { now: NOW + 61_000 })).toEqual([
      'cancel',
      expect.stringMatching(/^HostStepTimedOut: RunInstall had not ended by 2026.*InProgress/),
    ]);
  });

  test('of a cancelled run is cancelled, and its end reads as Cancelled', async () => {
    expect(await conclude({ statusDetails: 'InProgress' }, { cancelled: true })).toEqual(['cancel']);
    expect(await conclude({ statusDetails: 'Cancelled' }, { cancelled: true })).toEqual([
      'Cancelled: ada cancelled the deployment: no',
    ]);
  });

  test('that restores the last release goes on though the run was cancelled', async () => {
    expect(
      await conclude({ statusDetails: 'InProgress' }, { cancelled: true, callback: { restoring: true } }),
    ).toEqual([]);
  });
});
