import { SFNClient } from '@aws-sdk/client-sfn';
import { SSMClient } from '@aws-sdk/client-ssm';
import { z } from 'zod';
import { RequestRefused } from '../../lib/contract/errors.ts';
import { describeIssues } from '../../lib/contract/request.ts';
import { environmentTable } from '../common/environment-table.ts';
import { isRunning } from '../common/execution-status.ts';
import { cancelCommands } from '../common/open-work.ts';
import { answerTask } from '../common/task-answer.ts';
import { type Decision, decideDeployment } from './core.ts';

const sfn = new SFNClient({});
const ssm = new SSMClient({});

const decisionSchema = z.strictObject({
  decision: z.enum(['approve', 'reject', 'cancel']),
  runId: z.string().min(1),
  comment: z.string().max(500).default(''),
});

/**
 * The parts of a function URL's event that count. AWS fills in the identity of whoever signed the request.
 * https://docs.aws.amazon.com/lambda/latest/dg/urls-invocation.html#urls-payloads
 */
interface UrlEvent {
  readonly requestContext?: { readonly authorizer?: { readonly iam?: { readonly userArn?: string } } };
  readonly body?: string;
  readonly isBase64Encoded?: boolean;
}

interface UrlAnswer {
  readonly statusCode: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

const answer = (statusCode: number, body: object): UrlAnswer => ({
  statusCode,
  headers: { 'content-type': 'application/json' },
  body: JSON.stringify(body),
});

export const handler = async (event: UrlEvent): Promise<UrlAnswer> => {
  try {
    return answer(200, { message: await decide(readDecision(event)) });
  } catch (error) {
    if (!(error instanceof RequestRefused)) throw error;
    return answer(400, { error: error.name, message: error.message });
  }
};

/** @throws RequestRefused when it is no decision, or nobody signed it */
function readDecision({ requestContext, body = '', isBase64Encoded }: UrlEvent): Decision {
  const by = requestContext?.authorizer?.iam?.userArn;
  if (!by)
    throw new RequestRefused('nobody signed the request: call the function by its URL, as an IAM identity');
  const parsed = decisionSchema.safeParse(
    parseJson(isBase64Encoded ? Buffer.from(body, 'base64').toString() : body),
  );
  if (!parsed.success) throw new RequestRefused(describeIssues(parsed.error).join('; '));
  return { ...parsed.data, by };
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

async function decide(decision: Decision): Promise<string> {
  const table = environmentTable();
  return await decideDeployment(decision, {
    readRun: (runId) => table.readRun(runId),
    isRunning: (executionArn) => isRunning(executionArn, sfn),
    readApproval: (runId) => table.readApproval(runId),
    recordDecision: (...recorded) => table.decide(...recorded),
    requestCancel: (...request) => table.requestCancel(...request),
    cancelCommands: (record) => cancelCommands(record, ssm),
    answer: (taskToken, taskAnswer) => answerTask(taskToken, taskAnswer, sfn),
    now: () => Date.now(),
  });
}
