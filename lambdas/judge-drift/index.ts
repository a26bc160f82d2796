import { SNSClient } from '@aws-sdk/client-sns';
import type { DriftedResource } from '../../lib/contract/drift.ts';
import { setting } from '../common/environment.ts';
import { environmentTable } from '../common/environment-table.ts';
import { type ExportedVariables, exportedValue } from '../common/exported-variables.ts';
import { publish } from '../common/topic.ts';
import { type DriftVerdict, judgeDrift } from './core.ts';

const sns = new SNSClient({});

interface Compared {
  readonly check: { readonly fence: number };
  readonly exported: ExportedVariables;
}

interface Failed {
  readonly failed: { readonly state: string; readonly caught: { readonly Cause?: string } };
}

export const handler = async (event: Compared | Failed): Promise<DriftVerdict | undefined> => {
  const environment = setting('ENVIRONMENT');
  const notify = (subject: string, message: string) => publish(subject, message, sns);
  if ('failed' in event) {
    const { state, caught } = event.failed;
    const why = (caught.Cause ?? '').slice(0, 1000);
    await notify(`${environment}: drift could not be checked`, `${state} failed: ${why}`);
    return undefined;
  }
  const table = environmentTable();
  const resources = JSON.parse(exportedValue(event.exported, 'DRIFT') || '[]') as DriftedResource[];
  return await judgeDrift(environment, event.check.fence, resources, {
    readLock: () => table.readLock(),
    readDrift: () => table.readDrift(),
    rememberDrift: (drift) => table.rememberDrift(drift),
    forgetDrift: () => table.forgetDrift(),
    notify,
    // console.log would put a time before it.
    measure: (count) => process.stdout.write(`${JSON.stringify(driftMetric(environment, count))}\n`),
    now: () => Date.now(),
  });
};

/**
 * CloudWatch makes a metric of such a line of a log.
 * https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/CloudWatch_Embedded_Metric_Format_Specification.html
 */
const driftMetric = (environment: string, count: number): object => ({
  _aws: {
    Timestamp: Date.now(),
    CloudWatchMetrics: [
      {
        Namespace: 'Chronos',
        Dimensions: [['Environment']],
        Metrics: [{ Name: 'DriftedResources', Unit: 'Count' }],
      },
    ],
  },
  Environment: environment,
  DriftedResources: count,
});
