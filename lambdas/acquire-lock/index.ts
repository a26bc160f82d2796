import { CodeBuildClient } from '@aws-sdk/client-codebuild';
import { SFNClient } from '@aws-sdk/client-sfn';
import { SSMClient } from '@aws-sdk/client-ssm';
import type { LockClaim, Run } from '../../lib/contract/run.ts';
import { environmentTable } from '../common/environment-table.ts';
import { isRunning } from '../common/execution-status.ts';
import { openWork } from '../common/open-work.ts';
import { acquireLock } from './core.ts';

const sfn = new SFNClient({});
const clients = { ssm: new SSMClient({}), codebuild: new CodeBuildClient({}) };

export const handler = async ({ run }: { run: Run }): Promise<LockClaim> => {
  const table = environmentTable();
  return await acquireLock(run, {
    readLock: () => table.readLock(),
    takeLock: (forRun, now, abandoned) => table.takeLock(forRun, now, abandoned),
    rememberRun: (forRun) => table.rememberRun(forRun),
    readRun: (runId) => table.readRun(runId),
    readApproval: (runId) => table.readApproval(runId),
    isRunning: (executionArn) => isRunning(executionArn, sfn),
    openWork: (record) => openWork(run.environment, record, clients),
    now: () => Date.now(),
  });
};
