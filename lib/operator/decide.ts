import { GetFunctionUrlConfigCommand } from '@aws-sdk/client-lambda';
import { functionName } from '../contract/names.ts';
import type { Connection } from './connection.ts';
import { BadRequest } from './outcome.ts';
import { postSigned } from './signed-request.ts';
import { currentRun } from './status.ts';

export type Word = 'approve' | 'reject' | 'cancel';

/**
 * Approves, rejects or cancels a deployment; without a run it is the one that holds the lock. The function is called
 * by its URL: AWS tells it who signed.
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
  const FunctionName = functionName(environment, 'decide-deployment');
  const { FunctionUrl = '' } = await connection.lambda.send(
    new GetFunctionUrlConfigCommand({ FunctionName }),
  );
  const response = await postSigned(FunctionUrl, { decision, runId: about, comment }, connection.signer);
  const text = await response.text();
  if (response.ok) return JSON.parse(text).message;
  if (response.status === 400) throw new BadRequest(JSON.parse(text).message);
  if (response.status === 403) {
    throw new BadRequest(
      `you may not decide about ${environment}: attach the policy chronos-${environment}-operator`,
    );
  }
  throw new Error(`${FunctionName} answers ${response.status}: ${text.slice(0, 500)}`);
}
