import { createHash } from 'node:crypto';
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { Site } from '../support/site.ts';

let site: Site;

beforeAll(async () => {
  site = await Site.open({ jumping: false });
});

afterAll(async () => {
  await site[Symbol.asyncDispose]();
});

test('deploys from nothing to a healthy page that the env files have reached', async () => {
  const ended = await site.deploy('stage', { reason: 'a test' });
  expect(ended).toMatchObject({
    status: 'SUCCEEDED',
    output: { infrastructure: '1 to create', configuration: 1 },
  });
  const { commit, files } = await site.health('stage');
  expect(commit).toBe(ended.output?.commit);
  for (const [name, digest] of Object.entries(files)) {
    const file = join(site.host.root, 'home/ubuntu/chronos2', name);
    expect(createHash('sha256').update(readFileSync(file)).digest('hex').slice(0, 16)).toBe(digest);
    expect(statSync(file).mode & 0o777, name).toBe(0o600);
  }
  expect(Object.keys(files)).toHaveLength(4);
});

test('does the infrastructure once: a second deployment only configures', async () => {
  const executionArn = await site.begin('stage');
  const ended = await site.ended(executionArn);
  expect(ended.output?.infrastructure).toBe('no infrastructure changes');
  expect(await site.states(executionArn)).not.toContain('ApplyInfrastructure');
});

test('brings a changed value to the page without a build when asked to configure', async () => {
  await site.set('stage', { background_color: '#204060' });
  const executionArn = await site.begin('stage', { action: 'configure' });
  expect(await site.ended(executionArn)).toMatchObject({ status: 'SUCCEEDED', output: { configuration: 2 } });
  expect(await site.states(executionArn)).not.toContain('PlanInfrastructure');
  const page = await fetch(site.connection.manifest.environments.stage!.healthUrl.replace('/health', '/'));
  expect(await page.text()).toContain('background: #204060');
});

test('deploys a tag, an annotated one peeled to its commit', async () => {
  const commit = site.commit({ 'NOTES.md': 'second version\n' }, [
    'tag',
    '--annotate',
    '--message=2',
    'v2.0.0',
  ]);
  expect(await site.deploy('stage', { gitRef: 'v2.0.0' })).toMatchObject({
    status: 'SUCCEEDED',
    output: { commit },
  });
  expect((await site.health('stage')).commit).toBe(commit);
});

test('plans without changing anything', async () => {
  const before = await site.status('stage');
  expect(await site.deploy('stage', { action: 'plan' })).toMatchObject({ status: 'SUCCEEDED' });
  expect((await site.status('stage')).release).toEqual(before.release);
});

test('asks for approval in prod, and applies after it', async () => {
  const executionArn = await site.begin('prod', { action: 'apply' });
  await site.question(executionArn);
  expect(await site.decide('prod', 'approve', 'looks right')).toContain('approved');
  expect(await site.ended(executionArn)).toMatchObject({ status: 'SUCCEEDED' });
  await expect(site.decide('prod', 'approve')).rejects.toThrow('no deployment of prod is running');
});

test('ends as Rejected when somebody rejects', async () => {
  const executionArn = await site.begin('prod', { action: 'apply' });
  await site.question(executionArn);
  await site.decide('prod', 'reject', 'not today');
  const ended = await site.ended(executionArn);
  expect(ended).toMatchObject({ status: 'FAILED', error: 'Rejected' });
  expect(ended.cause).toMatch(/rejected the plan: not today/);
  expect((await site.status('prod')).lock).toBeNull();
});

test('shows no secret anywhere but in the host’s env files and the parameter store', async () => {
  const stored = JSON.parse(readFileSync(join(site.folder, '.chronos/parameters.json'), 'utf8'));
  const versions = Object.values(stored).flat() as { type: string; value: string }[];
  const secrets = versions
    .filter(({ type }) => type === 'SecureString')
    .map(({ value }) => value.slice(0, 20));
  expect(secrets.length).toBeGreaterThan(4);
  const entries = readdirSync(join(site.folder, '.chronos'), { recursive: true, withFileTypes: true });
  const files = entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name));
  const leaking = files.filter((file) => {
    const data = readFileSync(file);
    return secrets.some((secret) => data.includes(secret));
  });
  const allowed = /\/parameters\.json$|\/dashboard_backend\/\.env\.docker$|\/frp_config\/frps\.toml$/;
  expect(leaking.filter((file) => !allowed.test(file))).toEqual([]);
  expect(leaking.length).toBeGreaterThan(2);
  for (const file of leaking) expect(statSync(file).mode & 0o077, file).toBe(0);
});

test('keeps history over a restart of the engine', async () => {
  const executionArn = await site.begin('stage', { action: 'configure' });
  await site.ended(executionArn);
  const before = await site.history(executionArn);
  await site.stop();
  await site.start();
  expect(await site.history(executionArn)).toEqual(before);
  expect((await site.deploy('stage', { action: 'configure' })).status).toBe('SUCCEEDED');
});

test('destroys what it made, and the host with it', async () => {
  expect(await site.deploy('stage', { action: 'destroy', confirm: 'stage' })).toMatchObject({
    status: 'SUCCEEDED',
  });
  await expect(site.health('stage')).rejects.toThrow();
  expect((await site.status('stage')).release).toBeNull();
});
