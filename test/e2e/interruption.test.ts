import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { Site } from '../support/site.ts';

/** Every phase of a deployment in which somebody may want to end it. */
const PHASES = [
  'ResolveRequest',
  'AcquireLock',
  'PlanInfrastructure',
  'ReviewPlan',
  'LocateHost',
  'AwaitSetup',
  'WriteEnvFiles',
  'RunInstall',
  'VerifyHealth',
];

const SLOW_INSTALLER = '#!/bin/bash\nsleep 8\n';

describe('a deployment over a release that serves', () => {
  let site: Site;
  let good: string;
  beforeAll(async () => {
    site = await Site.open({ jumping: false });
    good = String((await site.deploy('stage')).output?.commit);
    site.commit({ 'install.sh': SLOW_INSTALLER });
  });
  afterAll(async () => {
    await site[Symbol.asyncDispose]();
  });

  test.each(PHASES)('that is stopped in %s leaves a free lock and the good release', async (phase) => {
    const executionArn = await site.begin('stage');
    await site.reaches(executionArn, phase);
    await site.halt(executionArn);
    expect((await site.ended(executionArn)).status).toBe('ABORTED');
    await site.lockIsFree('stage');
    // Where the host was touched a recovery execution brings the good release back.
    while ((await site.engine.stepFunctions.running()).length > 0) await delay(100);
    await site.lockIsFree('stage');
    expect((await site.health('stage')).commit).toBe(good);
    expect((await site.status('stage')).release?.commit).toBe(good);
  });

  test.each(['PlanInfrastructure', 'RunInstall'])(
    'that is cancelled in %s ends as Cancelled with the good release',
    async (phase) => {
      const executionArn = await site.begin('stage');
      await site.reaches(executionArn, phase);
      expect(await site.decide('stage', 'cancel', 'wrong commit')).toContain('is being cancelled');
      const ended = await site.ended(executionArn);
      expect(ended).toMatchObject({ status: 'FAILED', error: 'Cancelled' });
      expect(ended.cause).toMatch(/cancelled the deployment: wrong commit/);
      expect((await site.status('stage')).lock).toBeNull();
      expect((await site.health('stage')).commit).toBe(good);
    },
  );

  test('that the engine’s end cuts off reads as ABORTED, and the next one goes through', async () => {
    const executionArn = await site.begin('stage');
    await site.reaches(executionArn, 'RunInstall');
    await site.stop();
    await site.start();
    expect((await site.ended(executionArn)).status).toBe('ABORTED');
    expect(await site.deploy('stage', { gitRef: good })).toMatchObject({ status: 'SUCCEEDED' });
  });
});

test('a cancelled wait for approval ends at once', async () => {
  await using site = await Site.open({ jumping: false });
  const executionArn = await site.begin('prod', { action: 'apply' });
  await site.question(executionArn);
  await site.decide('prod', 'cancel');
  expect(await site.ended(executionArn)).toMatchObject({ status: 'FAILED', error: 'Cancelled' });
});

test('a cancelled apply is interrupted gently and waited for', async () => {
  await using site = await Site.open({
    jumping: false,
    manifest: (text) =>
      text.replace('http_port: "${PORT_STAGE}"', 'http_port: "${PORT_STAGE}", fault: slow-apply'),
  });
  const executionArn = await site.begin('stage');
  await site.reaches(executionArn, 'ApplyInfrastructure');
  await delay(1000);
  await site.decide('stage', 'cancel', 'too slow');
  const ended = await site.ended(executionArn);
  expect(ended).toMatchObject({ status: 'FAILED', error: 'Cancelled' });
  expect(ended.cause).toMatch(/too slow/);
  expect((await site.status('stage')).lock).toBeNull();
});

test('an apply under a stopped execution finishes before the lock is free', async () => {
  await using site = await Site.open({
    jumping: false,
    manifest: (text) =>
      text.replace('http_port: "${PORT_STAGE}"', 'http_port: "${PORT_STAGE}", fault: slow-apply'),
  });
  const executionArn = await site.begin('stage');
  await site.reaches(executionArn, 'ApplyInfrastructure');
  await delay(1000);
  await site.halt(executionArn);
  await delay(1000);
  expect((await site.status('stage')).lock).not.toBeNull();
  await site.lockIsFree('stage');
  // The apply was not cut off: what it made is in the state, and the next deployment goes on from there.
  expect(site.engine.hosts.list()).toHaveLength(1);
  expect(await site.deploy('stage')).toMatchObject({
    status: 'SUCCEEDED',
    output: { infrastructure: 'no infrastructure changes' },
  });
});
