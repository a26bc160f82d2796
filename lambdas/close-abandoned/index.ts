import { CodeBuildClient } from '@aws-sdk/client-codebuild';
import { PutObjectCommand, S3Client } from '@aws-sdk/client-s3';
import { ExecutionAlreadyExists, SFNClient, StartExecutionCommand } from '@aws-sdk/client-sfn';
import { SNSClient } from '@aws-sdk/client-sns';
import { SSMClient } from '@aws-sdk/client-ssm';
import { reportKey } from '../../lib/contract/report.ts';
import { setting } from '../common/environment.ts';
import { environmentTable } from '../common/environment-table.ts';
import { isRunning } from '../common/execution-status.ts';
import { cancelCommands, openWork } from '../common/open-work.ts';
import { publish } from '../common/topic.ts';
import { closeAbandoned } from './core.ts';

const sfn = new SFNClient({});
const sns = new SNSClient({});
const s3 = new S3Client({ forcePathStyle: true });
const clients = { ssm: new SSMClient({}), codebuild: new CodeBuildClient({}) };

/** Started by the end of an execution, and by the sweep: both only say that it is worth looking. */
export const handler = async (): Promise<{ message: string }> => {
  const environment = setting('ENVIRONMENT');
  const table = environmentTable();
  const message = await closeAbandoned({
    readLock: () => table.readLock(),
    isRunning: (executionArn) => isRunning(executionArn, sfn),
    readRun: (runId) => table.readRun(runId),
    cancelCommands: (record) => cancelCommands(record, clients.ssm),
    openWork: (record) => openWork(environment, record, clients),
    freeLock: (owner) => table.freeLock(owner),
    readRelease: () => table.readRelease(),
    async startRecovery(name, reason) {
      const input = JSON.stringify({
        action: 'configure',
        restore: true,
        requestedBy: 'close-abandoned',
        reason,
      });
      const stateMachineArn = setting('STATE_MACHINE_ARN');
      await sfn.send(new StartExecutionCommand({ stateMachineArn, name, input })).catch((error) => {
        if (!(error instanceof ExecutionAlreadyExists)) throw error;
      });
    },
    async report(lock, sentence) {
      const report = { outcome: 'abandoned', ...lock, sentence, endedAt: new Date().toISOString() };
      await s3.send(
        new PutObjectCommand({
          Bucket: setting('BUCKET_NAME'),
          Key: reportKey(lock.runId!),
          Body: JSON.stringify(report, null, 2),
          ContentType: 'application/json',
        }),
      );
      await publish(`${environment}: ${lock.action} abandoned`, sentence, sns);
    },
  });
  return { message };
};
