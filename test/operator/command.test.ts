import { spawn } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { CDK_OUT, ROOT } from '../support/paths.ts';

const folder = mkdtempSync(join(tmpdir(), 'chronos-command-'));

interface Result {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

interface Started {
  readonly ended: Promise<Result>;
  /** Waits until the text is on standard output; answers too when the command ends without it. */
  says(text: string): Promise<void>;
  /** As a terminal does at Ctrl-C: the signal goes to the whole process group of the command. */
  interrupt(): void;
}

/** Starts the command as a person does, in a process of its own. */
function start(args: readonly string[], input = ''): Started {
  const child = spawn(process.execPath, [join(ROOT, 'bin/chronos.mjs'), ...args], {
    env: {
      ...process.env,
      CHRONOS_FOLDER: folder,
      CHRONOS_CDK_OUT: CDK_OUT,
      AWS_REGION: '',
      AWS_DEFAULT_REGION: '',
    },
    detached: true,
  });
  const ended = Promise.all([
    text(child.stdout),
    text(child.stderr),
    new Promise<number>((resolve) => child.on('close', (code) => resolve(code ?? 1))),
  ]).then(([stdout, stderr, code]) => ({ code, stdout, stderr }));
  child.stdin.end(input);
  return {
    ended,
    says: (wanted) =>
      new Promise((resolve) => {
        let seen = '';
        child.stdout.on('data', (chunk) => {
          seen += chunk;
          if (seen.includes(wanted)) resolve();
        });
        child.on('close', () => resolve());
      }),
    interrupt: () => process.kill(-child.pid!, 'SIGINT'),
  };
}

const chronos = (args: readonly string[], input = ''): Promise<Result> => start(args, input).ended;

const local = (...args: string[]) => chronos(['--local', ...args]);

beforeAll(() => {
  mkdirSync(folder, { recursive: true });
  const port = 20_000 + (process.pid % 20_000);
  writeFileSync(join(folder, 'ports.json'), JSON.stringify({ stage: port, prod: port + 1 }));
});

afterAll(async () => {
  await local('destroy', 'stage', '--confirm', 'stage');
  rmSync(folder, { recursive: true, force: true });
});

describe('the chronos command', () => {
  test('deploys, shows plain lines where no terminal is, and exits with 0', async () => {
    const { code, stdout } = await local('deploy', 'stage', '--reason', 'a test');
    expect(code, stdout).toBe(0);
    expect(stdout).toMatch(/^apply stage: apply-\d{8}-\d{6}-[0-9a-f]{4}$/m);
    expect(stdout).toMatch(/PlanInfrastructure: running tofu plan/);
    expect(stdout).toMatch(/apply stage succeeded in .*: 1 to create, commit [0-9a-f]{12}, configuration 1/);
  });

  test('sets a value, and a deployment takes it up without infrastructure changes', async () => {
    expect(await local('config', 'set', 'stage', 'background_color=#204060')).toMatchObject({
      code: 0,
      stdout: 'configuration 2 of stage: set background_color\n',
    });
    const { code, stdout } = await local('deploy', 'stage', '--json');
    expect(code).toBe(0);
    expect(JSON.parse(stdout)).toMatchObject({
      status: 'SUCCEEDED',
      output: { infrastructure: 'no infrastructure changes', configuration: 2 },
    });
  });

  test('takes a secret from standard input and never prints it', async () => {
    const { code, stdout, stderr } = await chronos(
      ['--local', 'config', 'set', 'stage', 'jwt_secret_key'],
      'very-secret-words\n',
    );
    expect(code).toBe(0);
    expect(stdout + stderr).not.toContain('very-secret-words');
    expect(await local('config', 'set', 'stage', 'jwt_secret_key=x')).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('is a secret'),
    });
  });

  test('imports an env file, whole or not at all', async () => {
    const file = join(folder, 'env-stage');
    writeFileSync(file, 'export user_1_email="new@example.org"\nexport TF_VAR_deptype="stage"\n');
    expect(await local('config', 'import', 'stage', '--file', file)).toMatchObject({
      code: 0,
      stdout: expect.stringMatching(/set user_1_email\nnot parameters, left out: TF_VAR_deptype/),
    });
    writeFileSync(file, 'export user_1_email="nobody"\nexport edge_server_port="many"\n');
    expect(await local('config', 'import', 'stage', '--file', file)).toMatchObject({
      code: 2,
      stderr: expect.stringMatching(/user_1_email does not match .*; edge_server_port does not match/),
    });
  });

  test('says what serves and what happened', async () => {
    expect((await local('status', 'stage')).stdout).toMatch(
      /release {2}main \([0-9a-f]{12}\).*\n {2}lock {5}free\n {2}health {3}\S+ answers 200/,
    );
    const history = JSON.parse((await local('history', 'stage', '--json')).stdout);
    expect(history[0]).toMatchObject({ status: 'SUCCEEDED' });
  });

  test('exits with 2 for what cannot be asked, with one message', async () => {
    expect(await local('deploy', 'nowhere')).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('it has stage, prod'),
    });
    expect(await local('deploy', 'stage', '--ref', 'no-such-ref')).toMatchObject({
      code: 2,
      stdout: expect.stringContaining('neither a branch nor a tag'),
    });
    expect(await local('destroy', 'stage')).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('destroy needs confirm: "stage"'),
    });
    expect(await local('frobnicate')).toMatchObject({ code: 2 });
    expect(await local('approve', 'stage')).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('no deployment of stage is running'),
    });
    expect(await chronos(['status', 'stage'])).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('no AWS region'),
    });
    expect(await chronos(['--help'])).toMatchObject({
      code: 0,
      stdout: expect.stringContaining('Exit codes'),
    });
  });

  test('exits with 3 when another terminal supersedes or cancels, joining the same engine', async () => {
    const deployment = start(['--local', 'deploy', 'prod']);
    await deployment.says('approval is needed');
    expect((await local('status', 'prod', '--json')).stdout).toContain('"waitsForApproval":true');
    const newer = start(['--local', 'deploy', 'prod', '--supersede']);
    await newer.says('approval is needed');
    expect((await local('cancel', 'prod', '--comment', 'not now')).stdout).toContain('is being cancelled');
    expect(await newer.ended).toMatchObject({
      code: 3,
      stdout: expect.stringMatching(/apply prod failed \(Cancelled\).*\n.*not now/),
    });
    // It runs the engine, and stayed for the other.
    expect(await deployment.ended).toMatchObject({
      code: 3,
      stdout: expect.stringMatching(/apply prod failed \(Cancelled\).*\n.*superseded by a newer request/),
    });
  });

  test('several that start at once share one engine, whichever runs it', async () => {
    const commands = ['status', 'history', 'status', 'history', 'status'].map((word) => local(word, 'stage'));
    expect((await Promise.all(commands)).map(({ code }) => code)).toEqual([0, 0, 0, 0, 0]);
  });
});

test('Ctrl-C at the terminal cancels the deployment, and nothing else breaks', async () => {
  const deployment = start(['--local', 'deploy', 'stage']);
  await deployment.says('WriteEnvFiles:');
  deployment.interrupt();
  const { code, stdout } = await deployment.ended;
  expect(stdout).toMatch(/is being cancelled/);
  expect(stdout).toMatch(/apply stage failed \(Cancelled\)/);
  expect(code).toBe(3);
});
