import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { findTofu, TOFU_VERSION } from '../../lib/local/tofu.ts';

let folder: string;
const said: string[] = [];
const find = (acceptTerraform: boolean) => findTofu({ say: (line) => said.push(line), acceptTerraform });

/** A program in a folder that is then all of PATH but the system's own tools. */
function program(name: string, version: string): void {
  const file = join(folder, 'bin', name);
  writeFileSync(file, `#!/bin/sh\necho '{"terraform_version":"${version}"}'\n`);
  chmodSync(file, 0o755);
}

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'chronos-tofu-'));
  mkdirSync(join(folder, 'bin'));
  said.length = 0;
  vi.stubEnv('CHRONOS_TOFU', '');
  vi.stubEnv('PATH', [join(folder, 'bin'), '/usr/bin', '/bin'].join(delimiter));
  vi.stubEnv('XDG_CACHE_HOME', join(folder, 'cache'));
  // Nothing outside this machine answers.
  vi.stubGlobal('fetch', async () => {
    throw new Error('no network');
  });
});

afterEach(() => {
  vi.unstubAllEnvs();
  vi.unstubAllGlobals();
  rmSync(folder, { recursive: true, force: true });
});

test('takes a tofu on PATH, and one that is named before it', async () => {
  program('tofu', '1.12.6');
  expect(await find(false)).toBe(join(folder, 'bin/tofu'));
  vi.stubEnv('CHRONOS_TOFU', '/opt/tofu');
  expect(await find(false)).toBe('/opt/tofu');
});

test('takes the one in the user’s cache', async () => {
  const cached = join(folder, 'cache/chronos-deploy', `tofu-${TOFU_VERSION}`);
  mkdirSync(cached, { recursive: true });
  writeFileSync(join(cached, 'tofu'), '');
  expect(await find(false)).toBe(join(cached, 'tofu'));
});

test('takes a terraform for the offline root alone, and says so', async () => {
  program('terraform', '1.11.4');
  expect(await find(true)).toBe(join(folder, 'bin/terraform'));
  expect(said.join('\n')).toMatch(
    /is not here yet: downloading it\n.*using .*terraform for the offline root/,
  );
});

test('says how to get it when there is no way left', async () => {
  // Not even Go, wherever it is installed.
  vi.stubEnv('PATH', join(folder, 'bin'));
  program('tofu', '1.6.0');
  program('terraform', '1.5.7');
  const found = find(true);
  await expect(found).rejects.toThrow(
    /OpenTofu 1\.12\.6 could not be got \(download: no network; build: .*go.*\)\. Install it .* or set CHRONOS_TOFU/,
  );
});
