import { SNSClient } from '@aws-sdk/client-sns';
import type { LockClaim } from '../../lib/contract/run.ts';
import { DeploymentTable } from '../common/deployment-table.ts';
import { setting } from '../common/environment.ts';
import { guard } from '../common/guard.ts';
import { publish } from '../common/topic.ts';
import { type ApprovalQuestion, requestApproval } from './core.ts';

const sns = new SNSClient({});

export const handler = async (question: ApprovalQuestion & { readonly claim: LockClaim }): Promise<void> => {
  const table = new DeploymentTable(setting('TABLE_NAME'));
  await guard(question.run, question.claim, table);
  await requestApproval(question, {
    requestApproval: (approval) => table.requestApproval(approval),
    notify: (subject, message) => publish(subject, message, sns),
    now: () => Date.now(),
  });
};
