import { SFNClient } from '@aws-sdk/client-sfn';
import { SSMClient } from '@aws-sdk/client-ssm';
import { z } from 'zod';
import { RequestRefused } from '../../lib/contract/errors.ts';
import { describeIssues } from '../../lib/contract/request.ts';
import { environmentTable } from '../common/environment-table.ts';
import { isRunning } from '../common/execution-status.ts';
import { cancelCommands } from '../common/open-work.ts';
import { answerTask } from '../common/task-answer.ts';
import { decideDeployment } from './core.ts';

const sfn = new SFNClient({});
const ssm = new SSMClient({});

const decisionSchema = z.strictObject({
  decision: z.enum(['approve', 'reject', 'cancel']),
  runId: z.string().min(1),
  by: z.string().min(1).max(500),
  comment: z.string().max(500).default(''),
});

export const handler = async (event: unknown): Promise<{ message: string }> => {
  const parsed = decisionSchema.safeParse(event);
  if (!parsed.success) throw new RequestRefused(describeIssues(parsed.error).join('; '));
  const table = environmentTable();
  const message = await decideDeployment(parsed.data, {
    readRun: (runId) => table.readRun(runId),
    isRunning: (executionArn) => isRunning(executionArn, sfn),
    readApproval: (runId) => table.readApproval(runId),
    recordDecision: (...decision) => table.decide(...decision),
    requestCancel: (...request) => table.requestCancel(...request),
    cancelCommands: (record) => cancelCommands(record, ssm),
    answer: (taskToken, answer) => answerTask(taskToken, answer, sfn),
    now: () => Date.now(),
  });
  return { message };
};
