import { StartExecutionCommand } from '@aws-sdk/client-sfn';
import { type DriftedResource, describeDrift } from '../contract/drift.ts';
import { driftMachineName } from '../contract/names.ts';
import type { Connection } from './connection.ts';
import { EXIT } from './outcome.ts';
import { progressOn } from './progress.ts';
import { watch } from './watch.ts';

/** What the drift check's execution puts out. */
interface DriftOutput {
  readonly drift?: string;
  readonly text?: string;
  readonly because?: string;
  readonly resources?: readonly DriftedResource[];
}

/** Looks for drift now instead of at the daily time, and answers with the exit code. */
export async function checkDrift(
  environment: string,
  { json = false }: { readonly json?: boolean },
  connection: Connection,
): Promise<number> {
  const stateMachineArn = await connection.stateMachineArn(environment, driftMachineName(environment));
  const { executionArn = '' } = await connection.sfn.send(
    new StartExecutionCommand({ stateMachineArn, input: '{}' }),
  );
  const progress = progressOn(process.stdout, json);
  const ended = await watch({
    executionArn,
    sfn: connection.sfn,
    progress,
    pollMs: connection.pollMs,
    onApproval: () => {},
  }).finally(() => progress.close());
  if (json) console.log(JSON.stringify({ environment, executionArn, ...ended }));
  else console.log(describe(environment, ended.status, ended.cause, (ended.output ?? {}) as DriftOutput));
  return ended.status === 'SUCCEEDED' ? EXIT.succeeded : EXIT.failed;
}

function describe(environment: string, status: string, cause = '', output: DriftOutput): string {
  if (status !== 'SUCCEEDED') return `the drift of ${environment} could not be checked: ${cause || status}`;
  if (output.because) return `${environment} was not looked at: ${output.because}`;
  return [
    `${environment}: ${output.text}`,
    ...describeDrift(output.resources ?? []).map((line) => `  ${line}`),
  ].join('\n');
}
