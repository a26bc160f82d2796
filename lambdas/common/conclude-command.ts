import { describeCancellation } from '../../lib/contract/errors.ts';
import { isTerminal, readHostResult } from '../../lib/contract/host-result.ts';
import type { Invocation } from './command-invocation.ts';
import type { CommandCallback, RunRecord } from './deployment-table.ts';
import type { TaskAnswer } from './task-answer.ts';

/** What concluding a command needs from the outside. */
export interface ConcludeCommandPorts {
  /** Reads the command as Systems Manager sees it now; undefined while it knows nothing of it. */
  readInvocation(commandId: string, instanceId: string): Promise<Invocation | undefined>;
  readRun(runId: string): Promise<RunRecord | undefined>;
  /** Asks Systems Manager to end the command. */
  cancelCommand(callback: CommandCallback): Promise<void>;
  /** Sends the ReadResult document for the callback's step and moves the callback to that command. */
  askHostAgain(callback: CommandCallback, because: string): Promise<void>;
  answer(callback: CommandCallback, answer: TaskAnswer): Promise<void>;
  now(): number;
}

/**
 * Answers the callback's token if its command has ended. A command that ended without a result is not
 * believed: the host is asked for the result it kept.
 */
export async function concludeCommand(callback: CommandCallback, ports: ConcludeCommandPorts): Promise<void> {
  const invocation = await ports.readInvocation(callback.commandId, callback.instanceId);
  const cancelled = callback.restoring ? undefined : await cancellation(callback.runId, ports);
  if (!invocation || !isTerminal(invocation.statusDetails)) {
    if (cancelled) return await ports.cancelCommand(callback);
    if (ports.now() > Date.parse(callback.deadline)) {
      await ports.cancelCommand(callback);
      await ports.answer(callback, timedOut(callback, invocation));
    }
    return;
  }
  const result = readHostResult(invocation.stdout);
  if (result?.status === 'succeeded') return await ports.answer(callback, { output: { ...result } });
  if (result?.status === 'failed') {
    const cause = [result.message, result.excerpt].filter(Boolean).join('\n');
    return await ports.answer(callback, { error: result.error ?? 'HostStepFailed', cause });
  }
  if (cancelled) return await ports.answer(callback, { error: 'Cancelled', cause: cancelled });
  if (result?.status === 'running') return;
  const ended = `Systems Manager says ${invocation.statusDetails} (exit code ${invocation.exitCode})`;
  if (callback.askedBecause === undefined) return await ports.askHostAgain(callback, ended);
  const cause = `${callback.step} ended without a result: ${callback.askedBecause}; asked again, the host ${
    result ? `has none: ${result.message}` : `did not answer: ${ended}`
  }`;
  await ports.answer(callback, { error: 'HostStepLost', cause });
}

/** Who cancelled the run and why; undefined when nobody did. */
async function cancellation(runId: string, ports: ConcludeCommandPorts): Promise<string | undefined> {
  const record = await ports.readRun(runId);
  if (!record?.cancelRequestedBy) return undefined;
  return describeCancellation(record.cancelRequestedBy, record.cancelReason);
}

function timedOut(callback: CommandCallback, invocation: Invocation | undefined): TaskAnswer {
  const state = invocation?.statusDetails ?? 'unknown to Systems Manager';
  return {
    error: 'HostStepTimedOut',
    cause: `${callback.step} had not ended by ${callback.deadline}: command ${callback.commandId} on ${callback.instanceId} is ${state}`,
  };
}
