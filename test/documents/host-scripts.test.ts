import { spawn, spawnSync } from 'node:child_process';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { readHostResult } from '../../lib/contract/host-result.ts';

const SCRIPTS = join(import.meta.dirname, '../../documents/scripts');
let root: string;

beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'chronos-root-'));
  mkdirSync(join(root, 'home/ubuntu/chronos2'), { recursive: true });
  mkdirSync(join(root, 'root'));
});
afterEach(() => rmSync(root, { recursive: true, force: true }));

interface Asked {
  readonly runId?: string;
  readonly step?: string;
  readonly fence?: number;
  readonly seconds?: number;
  readonly plan?: object;
}

/** As a Command document hands the program to Python: on standard input, with its arguments. */
function invocation(
  files: readonly string[],
  { runId = 'run-1', step = 'Step', fence = 1, seconds = 5, plan = {} }: Asked,
) {
  const program = ['host.py', ...files].map((file) => readFileSync(join(SCRIPTS, file), 'utf8')).join('\n\n');
  const encoded = Buffer.from(JSON.stringify(plan)).toString('base64');
  const args = ['-', runId, step, String(fence), String(seconds), encoded];
  return { program, args, env: { PATH: process.env.PATH, CHRONOS_HOST_ROOT: root } };
}

function run(files: readonly string[], asked: Asked = {}) {
  const { program, args, env } = invocation(files, asked);
  const { stdout, status } = spawnSync('python3', args, { input: program, env, encoding: 'utf8' });
  return { status, lines: stdout.trim().split('\n'), result: readHostResult(stdout)! };
}

const SETUP = { setupMarker: '/home/ubuntu/.setup_complete', setupFailure: '/home/ubuntu/.setup_failed' };
const awaitSetup = (asked: Asked = {}) => run(['await_setup.py'], { plan: SETUP, ...asked });
const install = (command: string, asked: Asked = {}) =>
  run(['run_install.py'], {
    plan: { checkout: '/home/ubuntu/chronos2', install: command, values: {} },
    ...asked,
  });

describe('AwaitSetup', () => {
  test('passes when the marker is there', () => {
    writeFileSync(join(root, 'home/ubuntu/.setup_complete'), '');
    expect(awaitSetup()).toMatchObject({ status: 0, result: { status: 'succeeded' } });
  });

  test('reports a failed set-up at once, with its reason', () => {
    writeFileSync(
      join(root, 'home/ubuntu/.setup_failed'),
      'line 12\nE: no space left\nset-up failed in line 12\n',
    );
    const { status, result } = awaitSetup({ seconds: 60 });
    expect({ status, message: result.message }).toEqual({
      status: 1,
      message: "the host's set-up failed: set-up failed in line 12",
    });
    expect(result.excerpt).toContain('no space left');
  });

  test('gives up at its deadline', () => {
    expect(awaitSetup({ seconds: 1 }).result.message).toMatch(/\.setup_complete never came/);
  });
});

describe('a step', () => {
  test('prints one line of JSON of at most 4 KB, and keeps result and log for itself', () => {
    const { lines, result } = install('for i in $(seq 3000); do echo "line $i of a long log"; done; exit 3');
    expect(lines).toHaveLength(1);
    expect(Buffer.byteLength(lines[0]!)).toBeLessThanOrEqual(4096);
    expect(result).toMatchObject({ status: 'failed', message: expect.stringMatching(/exited with code 3$/) });
    expect(result.excerpt).toContain('line 3000 of a long log');
    const kept = join(root, 'var/lib/chronos-deploy/runs/run-1');
    for (const file of readdirSync(kept)) expect(statSync(join(kept, file)).mode & 0o077, file).toBe(0);
    expect(readFileSync(join(kept, 'Step.log'), 'utf8')).toContain('line 1 of');
  });

  test('keeps its result below 4 KB whatever language its log is in', () => {
    const { lines } = install('for i in $(seq 300); do echo "第 $i 行：磁盘已满"; done; exit 3');
    expect(Buffer.byteLength(lines[0]!)).toBeLessThanOrEqual(4096);
    expect(readHostResult(lines[0]!)?.excerpt).toContain('第 300 行：磁盘已满');
  });

  test('that has a result is not run again', () => {
    const counter = join(root, 'count');
    install(`echo x >>${counter}`);
    expect(install(`echo x >>${counter}`).result.status).toBe('succeeded');
    expect(readFileSync(counter, 'utf8')).toBe('x\n');
    expect(install(`echo x >>${counter}`, { runId: 'run-2' }).status).toBe(0);
    expect(readFileSync(counter, 'utf8')).toBe('x\nx\n');
  });

  test('of a run with a lower fencing number is refused', () => {
    expect(install('true', { runId: 'new', fence: 7 }).status).toBe(0);
    const marker = join(root, 'touched');
    const { status, result } = install(`touch ${marker}`, { runId: 'old', fence: 6 });
    expect({ status, error: result.error, message: result.message }).toEqual({
      status: 1,
      error: 'LockLost',
      message: 'a newer deployment (fence 7) has been here; this one has fence 6',
    });
    expect(existsSync(marker)).toBe(false);
  });

  test('waits for another on the same host, and says so when it takes too long', async () => {
    const { program, args, env } = invocation(['run_install.py'], {
      runId: 'first',
      seconds: 30,
      plan: { checkout: '/home/ubuntu/chronos2', install: 'sleep 3', values: {} },
    });
    const first = spawn('python3', args, { env, stdio: ['pipe', 'ignore', 'ignore'] });
    first.stdin.end(program);
    await delay(700);
    expect(install('true', { runId: 'second', fence: 2, seconds: 1 }).result.message).toBe(
      'another step still runs on this host',
    );
    await new Promise((resolve) => first.on('close', resolve));
    expect(install('true', { runId: 'third', fence: 2 }).status).toBe(0);
  });

  test('that hangs is ended with all that it started', async () => {
    const pid = join(root, 'pid');
    expect(install(`sleep 300 & echo $! >${pid}; wait`, { seconds: 1 }).result.message).toMatch(
      /did not end within its time and was stopped/,
    );
    await delay(200);
    const stat = `/proc/${readFileSync(pid, 'utf8').trim()}/stat`;
    const state = existsSync(stat) ? readFileSync(stat, 'utf8').split(') ')[1]![0] : 'gone';
    expect(['gone', 'Z']).toContain(state);
  });
});

describe('a step that the agent kills', () => {
  const SECRET = 'a-long-secret-value';
  const printing = {
    checkout: '/home/ubuntu/chronos2',
    install: `echo the password is ${SECRET}; sleep 2; touch "$CHRONOS_HOST_ROOT/too-late"; sleep 20`,
    values: { password: { default: SECRET, secret: true } },
  };
  const start = (): { kill(): Promise<unknown> } => {
    const { program, args, env } = invocation(['run_install.py'], { seconds: 30, plan: printing });
    const child = spawn('python3', args, { env, detached: true, stdio: ['pipe', 'ignore', 'ignore'] });
    child.stdin.end(program);
    return {
      kill: () => {
        // As the agent does: the script's process group.
        process.kill(-child.pid!, 'SIGKILL');
        return new Promise((resolve) => child.on('close', resolve));
      },
    };
  };

  test('takes with it what it started, and then the host is free', async () => {
    const step = start();
    await delay(1200);
    await step.kill();
    expect(install('true', { runId: 'next', fence: 2 }).status).toBe(0);
    await delay(1500);
    expect(existsSync(join(root, 'too-late'))).toBe(false);
  });

  test('has its log so far, and no secret in it', async () => {
    const step = start();
    await delay(1500);
    await step.kill();
    const kept = join(root, 'var/lib/chronos-deploy/runs/run-1');
    expect(readFileSync(join(kept, 'Step.log'), 'utf8')).toBe('the password is ****\n');
    for (const file of readdirSync(kept))
      expect(readFileSync(join(kept, file), 'utf8')).not.toContain(SECRET);
  });
});

describe('ReadResult', () => {
  const readResult = (runId: string) => {
    const program = ['host.py', 'read_result.py']
      .map((file) => readFileSync(join(SCRIPTS, file), 'utf8'))
      .join('\n\n');
    const env = { PATH: process.env.PATH, CHRONOS_HOST_ROOT: root };
    return readHostResult(
      spawnSync('python3', ['-', runId, 'Step'], { input: program, env, encoding: 'utf8' }).stdout,
    )!;
  };

  test('gives the kept result, or says that the step never started', () => {
    install('true');
    expect(readResult('run-1')).toMatchObject({ status: 'succeeded' });
    expect(readResult('other')).toMatchObject({
      status: 'unknown',
      message: 'the step never started on this host',
    });
  });

  test('tells a step that still runs from one that was killed', async () => {
    const { program, args, env } = invocation(['run_install.py'], {
      seconds: 30,
      plan: { checkout: '/home/ubuntu/chronos2', install: 'sleep 20', values: {} },
    });
    const child = spawn('python3', args, { env, stdio: ['pipe', 'ignore', 'ignore'] });
    child.stdin.end(program);
    await delay(700);
    expect(readResult('run-1')).toMatchObject({ status: 'running' });
    child.kill('SIGKILL');
    await new Promise((resolve) => child.on('close', resolve));
    expect(readResult('run-1')).toMatchObject({
      status: 'unknown',
      message: 'the step was killed before it could leave a result',
    });
  });
});
