import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { loadDocument, prepareStep } from '../../lib/local/hosts/command-document.ts';
import { Host } from '../../lib/local/hosts/host.ts';
import { runScript } from '../../lib/local/hosts/run-script.ts';

const folder = mkdtempSync(join(tmpdir(), 'chronos-host-'));
const host = new Host({ instance_id: 'i-1', address: '127.0.0.1', tags: {}, user_data: '' }, folder);
beforeAll(() => host.create());
afterAll(() => rmSync(folder, { recursive: true }));

const run = (script: string, timeoutMs = 10_000) =>
  runScript(host, script, { variables: {}, timeoutMs }).ended;

describe('a script runs as the SSM agent runs it', () => {
  test('bare environment, no input, umask 0022, in /usr/bin', async () => {
    const { stdout } = await run(
      '#!/bin/bash\npwd; umask; echo "[${HOME-unset}] [${USER-unset}]"; cat; env | grep -c AWS_ACCESS || true',
    );
    expect(stdout).toBe('/usr/bin\n0022\n[unset] [unset]\n0\n');
  });

  test('the first line chooses the interpreter; without it a plain shell runs', async () => {
    expect((await run('#!/bin/bash\necho ${BASH_VERSION:+bash}')).stdout).toBe('bash\n');
    expect((await run('#!/usr/bin/env python3\nprint(1 + 1)')).stdout).toBe('2\n');
  });

  test('there is no errexit: the last command decides', async () => {
    expect(await run('false\ntrue')).toMatchObject({ code: 0 });
    expect(await run('true\nexit 3')).toMatchObject({ code: 3 });
  });

  test('a time-out kills the whole group at once, without a trap', async () => {
    const ended = await run('#!/bin/bash\ntrap "echo trapped" TERM EXIT\necho begun\nsleep 30', 500);
    expect(ended).toMatchObject({ code: 137, timedOut: true });
    expect(ended.stdout).not.toContain('trapped');
  });

  test('a child that holds the output keeps the step running, one that does not lives on', async () => {
    const begun = Date.now();
    await run('#!/bin/bash\nsleep 1 &\nexit 0');
    expect(Date.now() - begun).toBeGreaterThan(900);
    const again = Date.now();
    await run('#!/bin/bash\nsleep 5 </dev/null >/dev/null 2>&1 &\nexit 0');
    expect(Date.now() - again).toBeLessThan(4000);
  });

  test('the head of long output is kept, invalid UTF-8 replaced', async () => {
    const { stdout } = await run("#!/bin/bash\nprintf 'first\\377'; head -c 30000 /dev/zero | tr '\\0' x");
    expect(stdout.startsWith('first\ufffdxxx')).toBe(true);
    expect(stdout.length).toBeLessThan(24_100);
    expect(stdout).toContain('--output truncated--');
  });
});

test('a host may be reached through any command', async () => {
  writeFileSync(join(folder, 'host.json'), JSON.stringify({ through: ['env', 'VIA=a prefix'] }));
  expect((await run('#!/bin/bash\necho "$VIA"')).stdout).toBe('a prefix\n');
  writeFileSync(join(folder, 'host.json'), '{}');
});

describe('parameters', () => {
  const content = (runCommand: string[], parameters: object = { V: { type: 'String', default: 'd' } }) =>
    loadDocument('doc', {
      schemaVersion: '2.2',
      parameters,
      mainSteps: [{ action: 'aws:runShellScript', name: 's', inputs: { runCommand } }],
    } as never);

  test('are put in as plain text, before any shell, and not into each other', () => {
    const document = content(["echo '{{ V }}' {{V}} {{ Unknown }}"]);
    expect(prepareStep(document, { V: ["x'; echo {{ V }}"] }).script).toBe(
      "echo 'x'; echo {{ V }}' x'; echo {{ V }} {{ Unknown }}",
    );
  });

  test('must match an anchored pattern, and be known', () => {
    const document = content(['echo {{ V }}'], { V: { type: 'String', allowedPattern: '^[a-z]+$' } });
    expect(() => prepareStep(document, { V: ['A1'] })).toThrow(/does not match the allowed pattern/);
    expect(() => prepareStep(document, {})).toThrow(/V is missing/);
    expect(() => prepareStep(document, { V: ['a'], W: ['b'] })).toThrow(/unknown parameters: W/);
  });

  test('a time-out that is no number from 5 to 172800 counts as an hour', () => {
    const document = content(['true']);
    expect(prepareStep(document, {}).timeoutSeconds).toBe(3600);
  });

  test('a document that the engine would not run as the agent does is refused', () => {
    expect(() => loadDocument('d', { schemaVersion: '2.3', mainSteps: [] } as never)).toThrow(
      /schema 2.3 is not supported.*exactly one step/,
    );
    expect(() => content(['true'], { Bad_Name: { type: 'String' } })).toThrow(/letters and digits/);
    expect(() => content(['true'], { L: { type: 'StringList' } })).toThrow(/type StringList/);
  });
});
