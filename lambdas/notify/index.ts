import { SNSClient } from '@aws-sdk/client-sns';
import { describeReport, type Report } from '../../lib/contract/report.ts';
import { publish } from '../common/topic.ts';

const sns = new SNSClient({});

export const handler = async ({ report }: { report: Report }): Promise<void> => {
  const { run, outcome } = report;
  await publish(`${run.environment}: ${run.action} ${outcome}`, describeReport(report), sns);
};
