import { PutObjectCommand, type S3Client } from '@aws-sdk/client-s3';
import { type Report, reportKey } from '../../lib/contract/report.ts';
import { setting } from './environment.ts';

export async function writeReport(report: Report, s3: S3Client): Promise<void> {
  await s3.send(
    new PutObjectCommand({
      Bucket: setting('BUCKET_NAME'),
      Key: reportKey(report.run.runId),
      Body: JSON.stringify(report, null, 2),
      ContentType: 'application/json',
    }),
  );
}
