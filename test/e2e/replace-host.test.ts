import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { Site } from '../support/site.ts';

let site: Site;
beforeAll(async () => {
  site = await Site.open({ jumping: false });
  expect(await site.deploy('stage')).toMatchObject({ status: 'SUCCEEDED' });
});
afterAll(async () => {
  await site[Symbol.asyncDispose]();
});

const replaced = async (input: object) => {
  const executionArn = await site.begin('stage', { action: 'apply', requestedBy: 'somebody', ...input });
  await site.question(executionArn);
  await site.decide('stage', 'approve');
  return { executionArn, ended: await site.ended(executionArn) };
};

test('a host is replaced after approval, a snapshot and a database dump', async () => {
  const old = site.host;
  const log = readFileSync(join(old.root, 'deployment.log'), 'utf8');
  const { executionArn, ended } = await replaced({ replaceHost: true });
  expect(ended.status, ended.cause).toBe('SUCCEEDED');
  expect(ended.output?.infrastructure).toMatch(
    /^1 to replace; snapshots of the old host: snap-[0-9a-f]{17}; database dump: s3:\/\/\S+\/hosts\/\S+\/database\.dump\.gz$/,
  );
  expect(site.host.instanceId).not.toBe(old.instanceId);
  const states = await site.states(executionArn);
  expect(states.indexOf('SnapshotHost')).toBeLessThan(states.indexOf('DumpDatabase'));
  expect(states.indexOf('DumpDatabase')).toBeLessThan(states.indexOf('ApplyInfrastructure'));
  const [, path] = /s3:\/\/(\S+)$/.exec(String(ended.output?.infrastructure))!;
  expect(gunzipSync(readFileSync(join(site.folder, '.chronos/s3', path!))).toString()).toBe(log);
  expect((await site.health('stage')).commit).toBe(ended.output?.commit);
});

test('a host that answers no more can be replaced without a dump', async () => {
  site.changeHost({ pingStatus: 'ConnectionLost' });
  const old = site.host.instanceId;
  const { executionArn, ended } = await replaced({ replaceHost: 'without-dump' });
  expect(ended.status, ended.cause).toBe('SUCCEEDED');
  expect(await site.states(executionArn)).not.toContain('DumpDatabase');
  expect(site.host.instanceId).not.toBe(old);
});

test('a dump that fails leaves the host as it is', async () => {
  site.changeManifest((manifest) => {
    manifest.backUp!.command = 'echo "could not connect to the database" >&2; exit 3';
  });
  const old = site.host;
  const { ended } = await replaced({ replaceHost: true });
  expect(ended).toMatchObject({ status: 'FAILED', error: 'HostStepFailed' });
  expect(ended.cause).toMatch(
    /^DumpDatabase failed: the database dump exited with code 3\n.*could not connect/s,
  );
  expect(site.host.instanceId).toBe(old.instanceId);
  expect(existsSync(join(old.root, 'deployment.log'))).toBe(true);
  expect((await site.health('stage')).commit).toMatch(/^[0-9a-f]{40}$/);
  expect((await site.status('stage')).lock).toBeNull();
});

test('an empty dump is none', async () => {
  site.changeManifest((manifest) => {
    manifest.backUp!.command = 'true';
  });
  const { ended } = await replaced({ replaceHost: true });
  expect(ended.cause).toMatch(/^DumpDatabase failed: the database dump is empty/);
});

test('a plan shows what replacing the host would do, and does nothing', async () => {
  const { instanceId } = site.host;
  const ended = await site.deploy('stage', { action: 'plan', replaceHost: true });
  expect(ended).toMatchObject({ status: 'SUCCEEDED', output: { infrastructure: '1 to replace' } });
  expect(site.host.instanceId).toBe(instanceId);
});

test('replaceHost is refused where it cannot be', async () => {
  const cause = async (input: object) => (await site.deploy('stage', input)).cause;
  expect(await cause({ action: 'configure', replaceHost: true })).toContain(
    'replaceHost goes with action "apply", or "plan"',
  );
  expect(await cause({ action: 'apply', replaceHost: 'quickly' })).toContain(
    'replaceHost: must be true or "without-dump"',
  );
  site.changeManifest((manifest) => {
    delete manifest.backUp;
  });
  expect(await cause({ action: 'apply', replaceHost: true })).toContain(
    'the manifest has no backUp command to dump the database with',
  );
});
