import { SNSClient } from '@aws-sdk/client-sns';
import type { LockClaim } from '../../lib/contract/run.ts';
import { environmentTable } from '../common/environment-table.ts';
import { guard } from '../common/guard.ts';
import { publish } from '../common/topic.ts';
import { type ApprovalQuestion, requestApproval } from './core.ts';

const sns = new SNSClient({});

export const handler = async (question: ApprovalQuestion & { readonly claim: LockClaim }): Promise<void> => {
  const table = environmentTable();
  await guard(question.run, question.claim, table);
  await requestApproval(question, {
    requestApproval: (approval) => table.requestApproval(approval),
    notify: (subject, message) => publish(subject, message, sns),
    now: () => Date.now(),
  });
};
