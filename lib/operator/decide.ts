import { InvokeCommand } from '@aws-sdk/client-lambda';
import { functionName } from '../contract/names.ts';
import type { Connection } from './connection.ts';
import { BadRequest } from './outcome.ts';
import { currentRun } from './status.ts';

export type Word = 'approve' | 'reject' | 'cancel';

/**
 * Approves, rejects or cancels a deployment; without a run it is the one that holds the lock.
 * @returns one sentence about what was done
 * @throws BadRequest when there is nothing to decide
 */
export async function decide(
  environment: string,
  runId: string | undefined,
  decision: Word,
  comment: string,
  connection: Connection,
): Promise<string> {
  const about = runId ?? (await currentRun(environment, connection));
  if (!about) throw new BadRequest(`no deployment of ${environment} is running`);
  const { arn } = await connection.identity();
  const answer = await connection.lambda.send(
    new InvokeCommand({
      FunctionName: functionName(environment, 'decide-deployment'),
      Payload: JSON.stringify({ decision, runId: about, by: arn.split('/').at(-1), comment }),
    }),
  );
  const payload = JSON.parse(Buffer.from(answer.Payload ?? []).toString());
  if (!answer.FunctionError) return payload.message;
  if (payload.errorType === 'RequestRefused') throw new BadRequest(payload.errorMessage);
  throw new Error(`${payload.errorType}: ${payload.errorMessage}`);
}
