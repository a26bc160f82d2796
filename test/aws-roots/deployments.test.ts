import { execFile, spawn } from 'node:child_process';
import { cpSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { promisify } from 'node:util';
import { StartExecutionCommand } from '@aws-sdk/client-sfn';
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { Site } from '../support/site.ts';

let site: Site;

beforeAll(async () => {
  site = await Site.open({ jumping: false, roots: 'aws' });
});

afterAll(async () => {
  await site[Symbol.asyncDispose]();
});

afterEach(() => {
  for (const name of Object.keys(process.env)) if (name.startsWith('AWS_STANDIN_')) delete process.env[name];
});

const stateFile = () =>
  join(site.folder, '.chronos/s3/chronos-terraform-state-storage/environments/stage/terraform.tfstate');
const resources = (): { type: string; instances: { attributes: Record<string, unknown> }[] }[] =>
  JSON.parse(readFileSync(stateFile(), 'utf8')).resources;
const instance = () => resources().find(({ type }) => type === 'aws_instance')!.instances[0]!.attributes;

test('a host is made by the AWS roots and gets the application', async () => {
  expect(await site.deploy('stage')).toMatchObject({
    status: 'SUCCEEDED',
    output: { infrastructure: '4 to create' },
  });
  expect((await site.health('stage')).commit).toMatch(/^[0-9a-f]{40}$/);
  expect(site.host.instanceId).toBe(instance().id);
});

test('a second plan finds nothing to do', async () => {
  expect((await site.deploy('stage')).output?.infrastructure).toBe('no infrastructure changes');
});

test('a change in place needs no approval and keeps the host', async () => {
  const { instanceId } = site.host;
  site.changeManifest((manifest) => {
    manifest.environments.stage!.infrastructure.variables.instance_type = 't3.medium';
  });
  expect(await site.deploy('stage')).toMatchObject({
    status: 'SUCCEEDED',
    output: { infrastructure: '1 to update' },
  });
  expect(instance()).toMatchObject({ id: instanceId, instance_type: 't3.medium' });
});

test('drift is put right, and said to be a change', async () => {
  process.env.AWS_STANDIN_DRIFT = JSON.stringify({
    [`aws_instance.${site.host.instanceId}`]: { instance_type: 'm5.large' },
  });
  expect((await site.deploy('stage', { action: 'plan' })).output?.infrastructure).toBe('1 to update');
});

test('a newer image does not replace the host', async () => {
  process.env.AWS_STANDIN_DRIFT = JSON.stringify({ 'data.aws_ami': { id: 'ami-0fedcba9876543210' } });
  expect((await site.deploy('stage', { action: 'plan' })).output?.infrastructure).toBe(
    'no infrastructure changes',
  );
});

test('a replacement that is asked for needs approval, and takes the newer image', async () => {
  const old = site.host.instanceId;
  process.env.AWS_STANDIN_DRIFT = JSON.stringify({ 'data.aws_ami': { id: 'ami-0fedcba9876543210' } });
  const executionArn = await site.begin('stage', { action: 'apply', replaceHost: true });
  const message = await site.question(executionArn);
  expect(message).toContain(
    'Blast radius: the host goes: downtime, and what is only on its own disk is lost.',
  );
  expect(message).toMatch(/replace +module\.ec2\.aws_instance\.deployment/);
  await site.decide('stage', 'approve');
  const ended = await site.ended(executionArn);
  expect(ended.status, ended.cause).toBe('SUCCEEDED');
  expect(ended.output?.infrastructure).toMatch(/3 to replace; snapshots of the old host: snap-/);
  expect(instance().id).not.toBe(old);
  expect(instance().ami).toBe('ami-0fedcba9876543210');
  expect(site.host.instanceId).toBe(instance().id);
});

test('drift is found by the check, said once, and remembered until it is gone', async () => {
  const check = async () => {
    const { executionArn = '' } = await site.connection.sfn.send(
      new StartExecutionCommand({
        stateMachineArn: await site.connection.stateMachineArn('stage', 'chronos-stage-drift'),
        input: '{}',
      }),
    );
    return await site.ended(executionArn);
  };
  expect((await check()).output).toEqual({ drift: 'none', text: 'no drift' });
  process.env.AWS_STANDIN_DRIFT = JSON.stringify({
    [`aws_instance.${site.host.instanceId}`]: { instance_type: 'm5.large' },
  });
  const found = await check();
  expect(found.output, found.cause).toMatchObject({
    drift: 'found',
    resources: [
      { address: 'module.ec2.aws_instance.deployment', change: 'changed', attributes: ['instance_type'] },
    ],
  });
  const notice = site.lastNotice();
  expect(notice.subject).toBe('stage: the infrastructure has drifted');
  expect(notice.message).toContain('module.ec2.aws_instance.deployment: instance_type changed');
  expect((await check()).output?.since).toBe(found.output?.since);
  expect(site.lastNotice()).toEqual(notice);
  expect((await site.status('stage')).driftedSince).toBe(found.output?.since);
  delete process.env.AWS_STANDIN_DRIFT;
  expect((await check()).output?.drift).toBe('none');
  expect(site.lastNotice().subject).toBe('stage: no more drift');
  expect((await site.status('stage')).driftedSince).toBeNull();
});

test('a provider that fails in the middle says why, and the next deployment goes on from there', async () => {
  site.changeManifest((manifest) => {
    manifest.environments.stage!.infrastructure.variables.instance_type = 't3.large';
  });
  process.env.AWS_STANDIN_FAIL = JSON.stringify({
    aws_instance: 'InsufficientInstanceCapacity: no capacity',
  });
  const failed = await site.deploy('stage');
  expect(failed).toMatchObject({ status: 'FAILED', error: 'ApplyFailed' });
  expect(failed.cause).toMatch(
    /^ApplyInfrastructure failed: tofu apply failed: Error: .*InsufficientInstanceCapacity: no capacity/,
  );
  expect((await site.status('stage')).lock).toBeNull();
  delete process.env.AWS_STANDIN_FAIL;
  expect(await site.deploy('stage')).toMatchObject({
    status: 'SUCCEEDED',
    output: { infrastructure: '1 to update' },
  });
});

test('a tofu that is killed in the middle of apply leaves no lock, and the next deployment repairs the state', async () => {
  site.changeManifest((manifest) => {
    manifest.environments.stage!.infrastructure.variables.instance_type = 't3.xlarge';
  });
  process.env.AWS_STANDIN_DELAY_MS = '20000';
  const executionArn = await site.begin('stage');
  await site.reaches(executionArn, 'ApplyInfrastructure');
  const applying = async (): Promise<string[]> => {
    const { stdout } = await promisify(execFile)('ps', ['axww', '-o', 'pid,args']);
    return stdout.split('\n').filter((line) => line.includes('tofu apply') && line.includes(site.folder));
  };
  let found = await applying();
  while (found.length === 0) {
    await delay(100);
    found = await applying();
  }
  await delay(1500);
  for (const line of found) process.kill(Number.parseInt(line, 10), 'SIGKILL');
  const ended = await site.ended(executionArn);
  expect(ended).toMatchObject({ status: 'FAILED', error: 'ApplyFailed' });
  expect(ended.cause?.split('\n')[0]).toMatch(
    /the state lock \S+, which the ended tofu had left, was removed/,
  );
  delete process.env.AWS_STANDIN_DELAY_MS;
  expect(await site.deploy('stage')).toMatchObject({
    status: 'SUCCEEDED',
    output: { infrastructure: '1 to update' },
  });
  expect(instance()).toMatchObject({ instance_type: 't3.xlarge' });
});

test('of two applies to one state one wins, the other says who holds the lock', async () => {
  // Somebody runs tofu by hand while a deployment is on.
  const { endpoint, keys } = site.engine;
  const work = join(site.folder, 'by-hand');
  cpSync(join(import.meta.dirname, '../../terraform'), work, { recursive: true });
  const cwd = join(work, 'shared');
  const env = {
    ...process.env,
    AWS_ACCESS_KEY_ID: keys.accessKeyId,
    AWS_SECRET_ACCESS_KEY: keys.secretAccessKey,
    AWS_ENDPOINT_URL_S3: endpoint,
    AWS_ENDPOINT_URL_DYNAMODB: endpoint,
    AWS_ENDPOINT_URL: endpoint,
    AWS_REGION: 'us-east-1',
    AWS_STANDIN_DELAY_MS: '1500',
  };
  const settings = {
    bucket: 'chronos-terraform-state-storage',
    key: 'race.tfstate',
    region: 'us-east-1',
    dynamodb_table: 'chronos-terraform-state-locks',
    use_lockfile: 'true',
    use_path_style: 'true',
    skip_requesting_account_id: 'true',
  };
  const tofu = process.env.CHRONOS_TOFU!;
  const backend = Object.entries(settings).map(([k, v]) => `-backend-config=${k}=${v}`);
  // Not in this thread: the engine that answers is in it.
  await promisify(execFile)(tofu, ['init', '-input=false', ...backend], { cwd, env });
  const apply = () =>
    new Promise<{ code: number | null; output: string }>((resolve) => {
      const child = spawn(tofu, ['apply', '-input=false', '-no-color', '-auto-approve', '-lock-timeout=0s'], {
        cwd,
        env,
      });
      let output = '';
      child.stdout.on('data', (text) => (output += text));
      child.stderr.on('data', (text) => (output += text));
      child.on('close', (code) => resolve({ code, output }));
    });
  const outcomes = await Promise.all([apply(), apply()]);
  expect(outcomes.map(({ code }) => code).sort()).toEqual([0, 1]);
  const loser = outcomes.find(({ code }) => code !== 0)!;
  expect(loser.output).toMatch(/Error acquiring the state lock/);
  expect(loser.output).toMatch(/Who: +\S+@\S+/);
});

test('destroy takes the host and leaves state, shared and data', async () => {
  expect(await site.deploy('stage', { action: 'destroy', confirm: 'stage' })).toMatchObject({
    status: 'SUCCEEDED',
    output: { infrastructure: '4 to destroy' },
  });
  expect(resources().filter(({ type }) => type.startsWith('aws_') && type !== 'aws_ami')).toEqual([]);
  const kept = (key: string) =>
    JSON.parse(readFileSync(join(site.folder, '.chronos/s3/chronos-terraform-state-storage', key), 'utf8'))
      .resources.length;
  expect(kept('environments/shared/terraform.tfstate')).toBeGreaterThan(10);
  expect(kept('environments/stage/data.tfstate')).toBeGreaterThan(2);
});
