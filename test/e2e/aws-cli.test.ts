import { execFile, spawnSync } from 'node:child_process';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { Site } from '../support/site.ts';

const hasAwsCli = spawnSync('aws', ['--version']).status === 0;

// A user may not have the AWS CLI; .ci/run installs it.
describe.skipIf(!hasAwsCli)('the real AWS CLI, with the engine as endpoint', () => {
  let site: Site;
  let executionArn: string;
  beforeAll(async () => {
    site = await Site.open({ jumping: false });
    executionArn = (
      await aws(
        'stepfunctions',
        'start-execution',
        '--state-machine-arn',
        await site.connection.stateMachineArn('stage'),
        '--name',
        'by-cli',
        '--input',
        '{}',
      )
    ).executionArn;
    await site.ended(executionArn);
  });
  afterAll(async () => {
    await site[Symbol.asyncDispose]();
  });

  // biome-ignore lint/suspicious/noExplicitAny: the CLI's JSON
  function aws(...args: string[]): Promise<any> {
    const { endpoint, keys } = site.engine;
    const env = {
      PATH: process.env.PATH,
      HOME: site.folder,
      AWS_ENDPOINT_URL: endpoint,
      AWS_REGION: 'us-east-1',
      AWS_DEFAULT_REGION: 'us-east-1',
      AWS_ACCESS_KEY_ID: keys.accessKeyId,
      AWS_SECRET_ACCESS_KEY: keys.secretAccessKey,
    };
    return new Promise((resolve, reject) => {
      execFile('aws', [...args, '--output', 'json'], { env }, (error, stdout, stderr) => {
        if (error) reject(new Error(stderr));
        else resolve(stdout.trim() === '' ? undefined : JSON.parse(stdout));
      });
    });
  }

  test('describes, lists and stops executions, and reads their history', async () => {
    expect(await aws('stepfunctions', 'describe-execution', '--execution-arn', executionArn)).toMatchObject({
      status: 'SUCCEEDED',
    });
    const { executions } = await aws(
      'stepfunctions',
      'list-executions',
      '--state-machine-arn',
      await site.connection.stateMachineArn('stage'),
    );
    expect(executions).toHaveLength(1);
    const { events } = await aws('stepfunctions', 'get-execution-history', '--execution-arn', executionArn);
    expect(events[0]).toMatchObject({ id: 1, type: 'ExecutionStarted', previousEventId: 0 });
    expect(events.at(-1)).toMatchObject({ type: 'ExecutionSucceeded' });
    const second = await site.begin('stage', { action: 'configure' });
    await aws('stepfunctions', 'stop-execution', '--execution-arn', second, '--cause', 'by hand');
    expect(await aws('stepfunctions', 'describe-execution', '--execution-arn', second)).toMatchObject({
      status: 'ABORTED',
      cause: 'by hand',
    });
  });

  test('lists command invocations and gets parameters', async () => {
    const { CommandInvocations } = await aws('ssm', 'list-command-invocations', '--details');
    expect(CommandInvocations.map(({ Status }: { Status: string }) => Status)).toContain('Success');
    const { Parameters } = await aws(
      'ssm',
      'get-parameters',
      '--names',
      '/chronos/stage/dashboard/vite_api_base_url',
      '/chronos/stage/none',
    );
    expect(Parameters).toHaveLength(1);
  });

  test('gets builds, lists and gets objects, scans the table', async () => {
    const { ids } = await aws(
      'codebuild',
      'list-builds-for-project',
      '--project-name',
      'chronos-stage-apply',
    );
    const { builds } = await aws('codebuild', 'batch-get-builds', '--ids', ...ids);
    expect(builds[0]).toMatchObject({ buildStatus: 'SUCCEEDED' });
    const { Buckets } = await aws('s3api', 'list-buckets');
    const bucket = Buckets.map(({ Name }: { Name: string }) => Name).find((name: string) =>
      name.includes('stage'),
    );
    const { Contents } = await aws('s3api', 'list-objects-v2', '--bucket', bucket, '--prefix', 'reports/');
    expect(Contents[0].Key).toBe('reports/by-cli.json');
    await aws(
      's3api',
      'get-object',
      '--bucket',
      bucket,
      '--key',
      'reports/by-cli.json',
      `${site.folder}/report.json`,
    );
    const { Items } = await aws('dynamodb', 'scan', '--table-name', 'chronos-stage');
    expect(Items.map(({ pk }: { pk: { S: string } }) => pk.S)).toEqual(
      expect.arrayContaining(['lock', 'release', 'run#by-cli']),
    );
  });

  test('is refused with other keys, by any service, in its own words', async () => {
    const { keys } = site.engine;
    Object.defineProperty(site.engine, 'keys', {
      value: { ...keys, secretAccessKey: 'wrong' },
      configurable: true,
    });
    await expect(aws('sts', 'get-caller-identity')).rejects.toThrow(/SignatureDoesNotMatch/);
    await expect(aws('s3api', 'list-buckets')).rejects.toThrow(/SignatureDoesNotMatch/);
    await expect(aws('ssm', 'list-commands')).rejects.toThrow(/SignatureDoesNotMatch/);
    Object.defineProperty(site.engine, 'keys', { value: keys, configurable: true });
  });
});
