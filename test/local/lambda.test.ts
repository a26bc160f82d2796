import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { SystemClock } from '../../lib/local/clock.ts';
import { LambdaService } from '../../lib/local/services/lambda.ts';
import { LogsService } from '../../lib/local/services/logs.ts';
import { CdkOut } from '../../lib/local/stack/cdk-out.ts';
import { smallCdkOut } from '../support/small-stack.ts';

const CODE = `
export const handler = async (event) => {
  if (event.do === 'throw') { const e = new TypeError('bad ' + event.what); e.name = 'Custom'; throw e; }
  if (event.do === 'wait') await new Promise((resolve) => setTimeout(resolve, 300));
  if (event.do === 'hang') await new Promise((resolve) => setTimeout(resolve, 60_000));
  if (event.do === 'exit') process.exit(9);
  if (event.do === 'eat') { const all = []; for (;;) all.push(new Array(1e6).fill(Math.random())); }
  console.log('seen', event.do);
  return { name: process.env.NAME, home: process.env.HOME ?? null, pid: process.pid };
};`;

const folder = smallCdkOut(
  {
    F: {
      Type: 'AWS::Lambda::Function',
      Properties: {
        FunctionName: 'f',
        Handler: 'index.handler',
        Timeout: 2,
        MemorySize: 128,
        Code: { S3Bucket: 'cdk-assets', S3Key: `${'a'.repeat(64)}.zip` },
        Environment: { Variables: { NAME: 'its own' } },
      },
    },
  },
  { a: { 'index.mjs': CODE } },
);
afterAll(() => {
  lambda.stop();
  rmSync(folder, { recursive: true });
});

const clock = new SystemClock();
const logs = new LogsService(join(folder, 'logs'), clock);
const lambda = new LambdaService({
  out: new CdkOut(folder),
  logs,
  clock,
  cacheFolder: join(folder, 'cache'),
  endpoint: () => 'http://127.0.0.1:1',
  variables: () => ({}),
});

describe('an invocation', () => {
  test('runs in a process of its own with the function’s variables and nobody else’s', async () => {
    const outcome = await lambda.invoke('arn:aws:lambda:us-east-1:000000000000:function:f:1', {});
    expect(outcome).toMatchObject({ result: { name: 'its own', home: null } });
    expect((outcome as { result: { pid: number } }).result.pid).not.toBe(process.pid);
    const streams = logs.operations.DescribeLogStreams({ logGroupName: '/aws/lambda/f' }).logStreams;
    const { events } = logs.operations.GetLogEvents({
      logGroupName: '/aws/lambda/f',
      logStreamName: streams[0]!.logStreamName,
    });
    expect(events.map(({ message }) => message)).toContain('seen undefined');
  });

  test('meets what the one before left in the module, but never another one at work', async () => {
    const pidOf = async (event: object) =>
      ((await lambda.invoke('f', event)) as { result: { pid: number } }).result.pid;
    const first = await pidOf({});
    expect(await pidOf({})).toBe(first);
    const [one, other] = await Promise.all([pidOf({ do: 'wait' }), pidOf({ do: 'wait' })]);
    expect(one).not.toBe(other);
  });

  test('that fails leaves the environment, one that is killed or ends its process does not', async () => {
    const pid = async () => ((await lambda.invoke('f', {})) as { result: { pid: number } }).result.pid;
    const before = await pid();
    await lambda.invoke('f', { do: 'throw', what: 'luck' });
    expect(await pid()).toBe(before);
    await lambda.invoke('f', { do: 'exit' });
    expect(await pid()).not.toBe(before);
  });

  test('that throws gives name and message', async () => {
    expect(await lambda.invoke('f', { do: 'throw', what: 'luck' })).toMatchObject({
      error: { errorType: 'Custom', errorMessage: 'bad luck' },
    });
  });

  test('that hangs is killed at the function’s time-out', async () => {
    expect(await lambda.invoke('f', { do: 'hang' })).toMatchObject({
      error: {
        errorType: 'Sandbox.Timedout',
        errorMessage: expect.stringMatching(/Task timed out after 2\.00 seconds/),
      },
    });
  });

  test('that ends its process, or eats the memory, is a runtime error', async () => {
    expect(await lambda.invoke('f', { do: 'exit' })).toMatchObject({
      error: { errorType: 'Runtime.ExitError' },
    });
    expect(await lambda.invoke('f', { do: 'eat' })).toMatchObject({
      error: { errorType: expect.stringMatching(/Runtime.ExitError|Sandbox.Timedout/) },
    });
  });

  test('of a function that does not exist is refused', async () => {
    await expect(lambda.invoke('g', {})).rejects.toMatchObject({ code: 'ResourceNotFoundException' });
  });
});
