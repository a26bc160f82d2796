import { CloudWatchLogsClient, GetLogEventsCommand } from '@aws-sdk/client-cloudwatch-logs';
import type { Failure } from '../../lib/contract/failure.ts';
import { collectDiagnostics, type FailedState } from './core.ts';

const logs = new CloudWatchLogsClient({});

export const handler = async (failed: FailedState): Promise<Failure> =>
  await collectDiagnostics(failed, {
    async readBuildLog(logGroupName, logStreamName) {
      const { events = [] } = await logs.send(
        new GetLogEventsCommand({ logGroupName, logStreamName, limit: 50, startFromHead: false }),
      );
      return events.map(({ message = '' }) => message.trimEnd());
    },
  });
