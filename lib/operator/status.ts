import { GetItemCommand } from '@aws-sdk/client-dynamodb';
import { DescribeExecutionCommand, ListExecutionsCommand } from '@aws-sdk/client-sfn';
import { nameOf } from '../contract/identity.ts';
import { settingsOf } from '../contract/manifest.ts';
import { SHARED, tableName } from '../contract/names.ts';
import type { Connection } from './connection.ts';
import { duration } from './progress.ts';

async function row(
  environment: string,
  pk: string,
  connection: Connection,
): Promise<Record<string, string | undefined>> {
  const { Item = {} } = await connection.dynamodb.send(
    new GetItemCommand({ TableName: tableName(environment), Key: { pk: { S: pk } }, ConsistentRead: true }),
  );
  return Object.fromEntries(
    Object.entries(Item).map(([name, value]) => [name, value.S ?? value.N ?? JSON.stringify(value.M)]),
  );
}

/** The run that holds the environment's lock. */
export async function currentRun(environment: string, connection: Connection): Promise<string | undefined> {
  return (await row(environment, 'lock', connection)).runId;
}

export interface Status {
  readonly environment: string;
  readonly release: {
    readonly commit: string;
    readonly gitRef: string;
    readonly runId: string;
    readonly recordedAt: string;
  } | null;
  readonly lock: {
    readonly runId: string;
    readonly action: string;
    readonly requestedBy: string;
    readonly takenAt: string;
  } | null;
  readonly waitsForApproval: boolean;
  /** ISO 8601: since when the infrastructure is not what its state says; null when it is, as far as is known. */
  readonly driftedSince: string | null;
  /** Empty for what has no health page. */
  readonly health: string;
}

const HEALTH_MS = 5000;

/** What serves, whether it is healthy, and who is changing it. @throws ManifestInvalid for an unknown environment */
export async function readStatus(environment: string, connection: Connection): Promise<Status> {
  const healthUrl = environment === SHARED ? '' : settingsOf(connection.manifest, environment).healthUrl;
  const [release, lock, drift, health] = await Promise.all([
    row(environment, 'release', connection),
    row(environment, 'lock', connection),
    row(environment, 'drift', connection),
    healthUrl ? checkHealth(healthUrl) : '',
  ]);
  const approval = lock.runId ? await row(environment, `approval#${lock.runId}`, connection) : {};
  const { commit = '', gitRef = '', runId = '', recordedAt = '' } = release;
  return {
    environment,
    release: commit ? { commit, gitRef, runId, recordedAt } : null,
    lock: lock.runId
      ? {
          runId: lock.runId,
          action: lock.action ?? '',
          requestedBy: lock.requestedBy ?? '',
          takenAt: lock.takenAt ?? '',
        }
      : null,
    waitsForApproval: approval.taskToken !== undefined && approval.decision === undefined,
    driftedSince: drift.since ?? null,
    health,
  };
}

async function checkHealth(url: string): Promise<string> {
  try {
    const { status } = await fetch(url, { signal: AbortSignal.timeout(HEALTH_MS) });
    return `${url} answers ${status}`;
  } catch {
    return `${url} does not answer`;
  }
}

export function describeStatus(status: Status): string {
  const { environment, release, lock, waitsForApproval, driftedSince, health } = status;
  const serving = release
    ? `${release.gitRef} (${release.commit.slice(0, 12)}), recorded ${release.recordedAt} by ${release.runId}`
    : 'nothing was deployed yet';
  const busy = lock
    ? `${lock.runId} since ${lock.takenAt}, asked for by ${nameOf(lock.requestedBy)}${waitsForApproval ? ', waits for approval' : ''}`
    : 'free';
  return [
    environment,
    ...(environment === SHARED ? [] : [`  release  ${serving}`]),
    `  lock     ${busy}`,
    ...(driftedSince ? [`  drift    since ${driftedSince} (chronos drift ${environment})`] : []),
    ...(health ? [`  health   ${health}`] : []),
  ].join('\n');
}

export interface PastRun {
  readonly runId: string;
  readonly status: string;
  readonly startedAt: string;
  readonly seconds: number | null;
  readonly cause: string;
}

/** The newest executions, newest first. */
export async function readHistory(
  environment: string,
  most: number,
  connection: Connection,
): Promise<PastRun[]> {
  if (environment !== SHARED) settingsOf(connection.manifest, environment);
  const stateMachineArn = await connection.stateMachineArn(environment);
  const { executions = [] } = await connection.sfn.send(
    new ListExecutionsCommand({ stateMachineArn, maxResults: most }),
  );
  return await Promise.all(
    executions.map(async ({ executionArn, name = '', status = '', startDate, stopDate }) => {
      const failed = status !== 'SUCCEEDED' && status !== 'RUNNING';
      const cause = failed
        ? (await connection.sfn.send(new DescribeExecutionCommand({ executionArn }))).cause
        : '';
      return {
        runId: name,
        status,
        startedAt: startDate?.toISOString() ?? '',
        seconds: startDate && stopDate ? (stopDate.getTime() - startDate.getTime()) / 1000 : null,
        cause: cause?.split('\n')[0] ?? '',
      };
    }),
  );
}

export function describeHistory(runs: readonly PastRun[]): string {
  if (runs.length === 0) return 'no deployment yet';
  const width = Math.max(...runs.map(({ runId }) => runId.length));
  return runs
    .map(
      ({ runId, status, startedAt, seconds, cause }) =>
        `${startedAt.slice(0, 19)}  ${runId.padEnd(width)}  ${status.padEnd(9)}  ${seconds === null ? '' : duration(seconds)}${cause ? `\n    ${cause}` : ''}`,
    )
    .join('\n');
}
