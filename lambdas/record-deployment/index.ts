import { S3Client } from '@aws-sdk/client-s3';
import type { Report } from '../../lib/contract/report.ts';
import { environmentTable } from '../common/environment-table.ts';
import { writeReport } from '../common/report-store.ts';
import { type EndedDeployment, recordDeployment } from './core.ts';

const s3 = new S3Client({ forcePathStyle: true });

export const handler = async (ended: EndedDeployment): Promise<Report> => {
  const table = environmentTable();
  return await recordDeployment(ended, {
    holdsLock: (claim) => table.holdsLock(claim),
    recordRelease: (release) => table.recordRelease(release),
    forgetRelease: () => table.forgetRelease(),
    writeReport: (report) => writeReport(report, s3),
    now: () => Date.now(),
  });
};
