import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { BuildShell, type PhaseOutcome } from '../../lib/local/builds/build-shell.ts';
import { parseBuildspec } from '../../lib/local/builds/buildspec.ts';

const folder = mkdtempSync(join(tmpdir(), 'chronos-build-'));
afterAll(() => rmSync(folder, { recursive: true }));

async function run(yaml: string) {
  let output = '';
  const phases: PhaseOutcome[] = [];
  const shell = new BuildShell({
    buildspec: parseBuildspec(`version: 0.2\n${yaml}`),
    cwd: folder,
    env: { PATH: process.env.PATH },
    onOutput: (text) => {
      output += text;
    },
    onPhase: () => {},
    onPhaseEnd: (outcome) => phases.push(outcome),
  });
  const { succeeded, exported } = await shell.result;
  return { succeeded, exported: Object.fromEntries(exported), output, phases };
}

describe('a buildspec runs in one shell', () => {
  test('what a command exports or where it goes lasts for the next phase', async () => {
    const { output, succeeded } = await run(`
phases:
  install: { commands: ['export A=1', 'cd /'] }
  build: { commands: ['echo "$A $PWD"'] }`);
    expect(output).toContain('1 /\n');
    expect(succeeded).toBe(true);
  });

  test('a failed command ends its phase, finally runs, the build fails with its command', async () => {
    const { output, phases, succeeded } = await run(`
phases:
  build: { commands: ['echo one', 'false', 'echo never'], finally: ['echo cleanup'] }`);
    expect(output).toBe('one\ncleanup\n');
    expect(succeeded).toBe(false);
    expect(phases).toEqual([
      {
        phase: 'build',
        failed: true,
        message: 'Error while executing command: false. Reason: exit status 1',
      },
    ]);
  });

  test('post_build runs after a failed build, but not after a failed install, nor with ABORT', async () => {
    const post = '\n  post_build: { commands: [echo post] }';
    expect((await run(`phases:\n  build: { commands: ['false'] }${post}`)).output).toBe('post\n');
    expect((await run(`phases:\n  install: { commands: ['false'] }${post}`)).output).toBe('');
    expect((await run(`phases:\n  build: { on-failure: ABORT, commands: ['false'] }${post}`)).output).toBe(
      '',
    );
  });

  test('exported variables are those set by the end, also of a failed build', async () => {
    const spec = (last: string) => `
env: { exported-variables: [A, B, C] }
phases:
  build: { on-failure: ABORT, commands: ['export A="two  words"', '${last}'], finally: ['export B=late'] }`;
    expect((await run(spec('true'))).exported).toEqual({ A: 'two  words', B: 'late' });
    expect((await run(spec('false'))).exported).toMatchObject({ B: 'late' });
  });

  test('a command that exits the shell fails its phase', async () => {
    const { succeeded, phases } = await run(`phases:\n  build: { commands: ['exit 7'] }`);
    expect(succeeded).toBe(false);
    expect(phases[0]?.message).toMatch(/exit status 7/);
  });
});

test('names every field of a buildspec that it would not carry out', () => {
  const spec =
    'version: 0.1\nproxy: {}\nenv: { secrets-manager: {}, shell: powershell }\nphases:\n  build: { run-as: root, runtime-versions: { java: 21 }, on-failure: RETRY }\n  deploy: {}\n';
  expect(() => parseBuildspec(spec)).toThrow(
    /version 0.1 is not supported.*proxy is not supported.*secrets-manager is not supported.*shell powershell.*run-as is not supported.*the runtime java 21 is not here.*on-failure RETRY.*deploy is not a phase/,
  );
});
