import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { Site } from '../support/site.ts';

/** Ends every test: whatever failed, nobody holds the lock and the cause is one readable line. */
async function expectClosed(site: Site, cause: string | undefined, pattern: RegExp): Promise<void> {
  expect(cause?.split('\n')[0]).toMatch(pattern);
  expect((await site.status('stage')).lock).toBeNull();
}

describe('where nothing serves yet', () => {
  let site: Site;
  beforeEach(async () => {
    site = await Site.open();
  });
  afterEach(async () => {
    await site[Symbol.asyncDispose]();
  });

  test('a marker that never comes fails AwaitSetup by name', async () => {
    site = await reopened(site, (text) =>
      text
        .replace('/home/ubuntu/.setup_complete', '/home/ubuntu/.never')
        .replace('timeoutMinutes: 2\n', 'timeoutMinutes: 0.1\n'),
    );
    const ended = await site.deploy('stage');
    expect(ended).toMatchObject({ status: 'FAILED', error: 'HostStepFailed' });
    await expectClosed(
      site,
      ended.cause,
      /^AwaitSetup failed: the host's set-up did not finish: \/home\/ubuntu\/\.never never came/,
    );
  });

  test('a plan that fails says what tofu said', async () => {
    site = await reopened(site, (text) =>
      text.replace('http_port: "${PORT_STAGE}"', 'http_port: "${PORT_STAGE}", fault: plan'),
    );
    const ended = await site.deploy('stage');
    expect(ended).toMatchObject({ status: 'FAILED', error: 'PlanFailed' });
    await expectClosed(
      site,
      ended.cause,
      /^PlanInfrastructure failed: tofu plan failed: Error: Resource precondition failed.*the fault that was asked for/,
    );
  });

  test('an apply that fails says what tofu said', async () => {
    site = await reopened(site, (text) =>
      text.replace('http_port: "${PORT_STAGE}"', 'http_port: "${PORT_STAGE}", fault: apply'),
    );
    const ended = await site.deploy('stage');
    expect(ended).toMatchObject({ status: 'FAILED', error: 'ApplyFailed' });
    await expectClosed(
      site,
      ended.cause,
      /^ApplyInfrastructure failed: tofu apply failed: Error: local-exec provisioner error/,
    );
  });

  test('an approval that nobody gives is a rejection', async () => {
    const ended = await site.deploy('prod', { action: 'apply' });
    expect(ended).toMatchObject({ status: 'FAILED', error: 'Rejected' });
    expect(ended.cause).toMatch(/nobody approved the plan within an hour/);
    expect((await site.status('prod')).lock).toBeNull();
  });
});

async function reopened(site: Site, manifest: (text: string) => string): Promise<Site> {
  await site[Symbol.asyncDispose]();
  return await Site.open({ manifest });
}

describe('where a release serves', () => {
  let site: Site;
  let good: string;
  beforeAll(async () => {
    // Time jumps over the waits between looks at the page, but the application starts in real time: there have to be
    // many looks.
    site = await Site.open({
      manifest: (text) => text.replace('health:\n  timeoutMinutes: 1\n', 'health:\n  timeoutMinutes: 30\n'),
    });
    const first = await site.deploy('stage');
    expect(first.status, first.cause).toBe('SUCCEEDED');
    good = String(first.output?.commit);
  });
  // Every test begins with the good release's files, and a host and events without faults.
  beforeEach(() => {
    site.commit({ 'install.sh': site.file('install.sh'), 'server.py': site.file('server.py') });
    site.changeHost({});
    site.injectFaults({});
  });
  afterAll(async () => {
    await site[Symbol.asyncDispose]();
  });

  async function expectGoodServes(cause: string | undefined): Promise<void> {
    expect(cause).toContain('The last good release was brought back and is healthy.');
    expect((await site.health('stage')).commit).toBe(good);
    expect((await site.status('stage')).release?.commit).toBe(good);
  }

  test('an installer that fails is rolled back, its secrets masked in the excerpt', async () => {
    site.commit({
      'install.sh':
        '#!/bin/bash\ngrep PASSWORD dashboard_backend/.env.docker\necho "the disk is full" >&2\nexit 3\n',
    });
    const ended = await site.deploy('stage');
    expect(ended).toMatchObject({ status: 'FAILED', error: 'HostStepFailed' });
    await expectClosed(site, ended.cause, /^RunInstall failed: bash install\.sh exited with code 3/);
    expect(ended.cause).toContain('the disk is full');
    expect(ended.cause).toContain('****');
    await expectGoodServes(ended.cause);
  });

  test('an installer that is killed, script and all, is found out by asking the host again', async () => {
    site.commit({
      'install.sh':
        '#!/bin/bash\n# the whole script of the agent, as the kernel would when memory ends\nkill -KILL -- -$(ps -o pgid= -p $(ps -o ppid= -p $PPID) | tr -d " ")\nsleep 5\n',
    });
    const ended = await site.deploy('stage');
    expect(ended).toMatchObject({ status: 'FAILED', error: 'HostStepLost' });
    await expectClosed(
      site,
      ended.cause,
      /^RunInstall failed: RunInstall ended without a result: Systems Manager says TimedOut \(exit code 137\).*killed before it could leave a result/,
    );
    await expectGoodServes(ended.cause);
  });

  test('an application that answers 500 fails VerifyHealth and is rolled back', async () => {
    const server = site
      .file('server.py')
      .replace('self.answer(200, "application/json", body)', 'self.answer(500, "text/plain", "broken")');
    site.commit({ 'server.py': server });
    const ended = await site.deploy('stage');
    expect(ended).toMatchObject({ status: 'FAILED', error: 'HealthCheckFailed' });
    await expectClosed(
      site,
      ended.cause,
      /^VerifyHealth failed: not healthy after 30 minutes: http\S+ answers 500/,
    );
    await expectGoodServes(ended.cause);
  });

  test('a host that is offline fails AwaitNode after ten minutes', async () => {
    site.changeHost({ pingStatus: 'ConnectionLost' });
    const ended = await site.deploy('stage');
    expect(ended).toMatchObject({ status: 'FAILED', error: 'HostNotFound' });
    await expectClosed(
      site,
      ended.cause,
      /^AwaitNode failed: host i-\w+ did not become an online node within 10 minutes: its agent is ConnectionLost/,
    );
  });

  test('an agent that is too old is named with its remedy', async () => {
    site.changeHost({ agentVersion: '2.3.714.0' });
    const ended = await site.deploy('stage');
    expect(ended).toMatchObject({ status: 'FAILED', error: 'AgentTooOld' });
    await expectClosed(
      site,
      ended.cause,
      /^AwaitNode failed: the SSM agent of i-\w+ is 2\.3\.714\.0; .* update it/,
    );
  });

  test('lost status events cost time, doubled ones nothing; neither changes the outcome', async () => {
    site.injectFaults({ events: { 'Command Invocation': 'lost', 'Build State': 'doubled' } });
    const executionArn = await site.begin('stage', { gitRef: good });
    expect((await site.ended(executionArn)).status).toBe('SUCCEEDED');
    const types = (await site.history(executionArn)).map(({ type }) => type);
    expect(types).toContain('TaskTimedOut');
    site.injectFaults({ events: { 'Command Invocation': 'doubled' } });
    expect((await site.deploy('stage', { gitRef: good })).status).toBe('SUCCEEDED');
  });

  test('a value that its file cannot hold is refused by name, and no file changes', async () => {
    const folder = `${site.host.root}/home/ubuntu/chronos2`;
    const backend = readFileSync(`${folder}/dashboard_backend/.env.docker`, 'utf8');
    await site.set('stage', { vite_api_base_url: 'http://127.0.0.1:9/api', user_1_email: 'new@example.org' });
    await site.set('stage', { letsencrypt_admin_email: 'a@b.example' });
    // The manifest of another day allowed what .env.deployment cannot hold.
    const manifest = `${site.folder}/.chronos/manifest.json`;
    const kept = readFileSync(manifest, 'utf8');
    writeFileSync(manifest, kept.replace('[A-Za-z0-9._%+-]+@[A-Za-z0-9.-]+', '.*'));
    site.engine.parameters.put({
      Name: '/chronos/stage/dashboard/letsencrypt_admin_email',
      Value: 'two words@b.example',
      Overwrite: true,
    });
    const pointer = JSON.parse(site.engine.parameters.read('/chronos/stage/config-version'));
    pointer['/chronos/stage/dashboard/letsencrypt_admin_email'] += 1;
    site.engine.parameters.put({
      Name: '/chronos/stage/config-version',
      Value: JSON.stringify(pointer),
      Overwrite: true,
    });
    const ended = await site.deploy('stage', { gitRef: good });
    expect(ended).toMatchObject({ status: 'FAILED', error: 'HostStepFailed' });
    await expectClosed(
      site,
      ended.cause,
      /^WriteEnvFiles failed: the configuration cannot be written: letsencrypt_admin_email cannot be written to \.env\.deployment/,
    );
    await expectGoodServes(ended.cause);
    expect(readFileSync(`${folder}/dashboard_backend/.env.docker`, 'utf8')).toBe(backend);
    writeFileSync(manifest, kept);
    const port = new URL(site.connection.manifest.environments.stage!.healthUrl).port;
    await site.set('stage', {
      vite_api_base_url: `http://127.0.0.1:${port}/api`,
      user_1_email: 'somebody@example.org',
      letsencrypt_admin_email: 'somebody@example.org',
    });
  });

  test('a database password cannot change under its volume', async () => {
    const volume = `${site.host.root}/var/lib/docker/volumes/chronos_postgres-data/_data`;
    mkdirSync(volume, { recursive: true });
    writeFileSync(`${volume}/PG_VERSION`, '16');
    await site.set('stage', { postgres_password: 'another-password' });
    const ended = await site.deploy('stage');
    expect(ended).toMatchObject({ status: 'FAILED', error: 'HostStepFailed' });
    await expectClosed(
      site,
      ended.cause,
      /postgres_password cannot change while .*PG_VERSION exists: change it in the database first/,
    );
    expect(ended.cause).not.toContain('another-password');
    rmSync(volume, { recursive: true });
  });

  test('an installer that hangs is stopped at its deadline', async () => {
    await site.stop();
    const file = `${site.folder}/chronos.yaml`;
    writeFileSync(
      file,
      readFileSync(file, 'utf8').replace(
        'command: bash install.sh\n  timeoutMinutes: 2',
        'command: bash install.sh\n  timeoutMinutes: 0.2',
      ),
    );
    await site.start();
    site.commit({ 'install.sh': '#!/bin/bash\necho "waiting for a lock"\nsleep 600\n' });
    const ended = await site.deploy('stage');
    expect(ended).toMatchObject({ status: 'FAILED', error: 'HostStepFailed' });
    await expectClosed(
      site,
      ended.cause,
      /^RunInstall failed: bash install\.sh did not end within its time and was stopped/,
    );
    expect(ended.cause).toContain('waiting for a lock');
    await expectGoodServes(ended.cause);
  });
});
