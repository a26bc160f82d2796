import { spawnSync } from 'node:child_process';
import { chmodSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { ROOT } from '../support/paths.ts';

const VOLUME = 'vol-0123456789abcdef0';
const COMMANDS = [
  'apt-get',
  'curl',
  'blkid',
  'mkfs.ext4',
  'mount',
  'mountpoint',
  'systemctl',
  'snap',
  'dpkg',
  'sleep',
];
let root: string;

/** A file system for the script, and commands that do nothing. */
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'chronos-boot-'));
  for (const folder of [
    'home/ubuntu/.ssh',
    'var/log',
    'var/lib',
    'etc/apt/sources.list.d',
    'dev/disk/by-id',
    'bin',
  ])
    mkdirSync(join(root, folder), { recursive: true });
  writeFileSync(join(root, 'etc/os-release'), 'VERSION_CODENAME=noble\n');
  writeFileSync(join(root, 'etc/fstab'), '');
  writeFileSync(join(root, `dev/disk/by-id/nvme-Amazon_Elastic_Block_Store_${VOLUME.replace('-', '')}`), '');
  for (const name of COMMANDS) command(name, 'exit 0');
});
afterEach(() => rmSync(root, { recursive: true }));

function command(name: string, body: string): void {
  const file = join(root, 'bin', name);
  writeFileSync(file, `#!/bin/bash\n${body}\n`);
  chmodSync(file, 0o755);
}

/** Runs the first boot as the template gives it; a file stands for the device. */
function boot(): number | null {
  const template = readFileSync(join(ROOT, 'terraform/deployments/user-data.sh.tftpl'), 'utf8');
  const script = template
    .replaceAll(/(?<!\$)\$\{volume_id\}/g, VOLUME)
    .replaceAll(/(?<!\$)\$\{additional_public_key\}/g, 'ssh-ed25519 AAAA second')
    .replaceAll('$${', '${')
    .replaceAll('[ -b ', '[ -e ');
  const env = { PATH: `${root}/bin:/usr/bin:/bin`, CHRONOS_HOST_ROOT: root };
  return spawnSync('bash', ['-c', script], { env }).status;
}
const home = (name: string) => join(root, 'home/ubuntu', name);

test('a first boot in which everything succeeds leaves the marker', () => {
  expect(boot(), readFileSync(join(root, 'var/log/chronos-setup.log'), 'utf8')).toBe(0);
  expect(existsSync(home('.setup_complete'))).toBe(true);
  expect(existsSync(home('.setup_failed'))).toBe(false);
  expect(readFileSync(home('.ssh/authorized_keys'), 'utf8')).toBe('ssh-ed25519 AAAA second\n');
  expect(readFileSync(join(root, 'etc/fstab'), 'utf8')).toMatch(/^LABEL=chronos-data .*docker\/volumes ext4/);
});

test('a command that fails inside a function leaves its reason and no marker', () => {
  command('apt-get', 'echo "E: no space left on device" >&2; exit 100');
  expect(boot()).toBe(100);
  expect(existsSync(home('.setup_complete'))).toBe(false);
  const reason = readFileSync(home('.setup_failed'), 'utf8');
  expect(reason).toContain('E: no space left on device');
  expect(reason.trim().split('\n').at(-1)).toMatch(/^line \d+ ended with code 100$/);
});

test('a volume that never comes is a failure, before anything is installed', () => {
  rmSync(join(root, 'dev/disk/by-id'), { recursive: true });
  command('apt-get', `touch ${root}/installed`);
  expect(boot()).not.toBe(0);
  expect(existsSync(join(root, 'installed'))).toBe(false);
  expect(existsSync(home('.setup_failed'))).toBe(true);
});

test('a boot that succeeds takes an earlier failure back', () => {
  writeFileSync(home('.setup_failed'), 'line 3 ended with code 1\n');
  expect(boot()).toBe(0);
  expect(existsSync(home('.setup_failed'))).toBe(false);
});

test.each([
  [2, true],
  [0, false],
])('a volume on which blkid finds %j is formatted: %s', (code, formatted) => {
  command('blkid', `exit ${code}`);
  command('mkfs.ext4', `touch ${root}/formatted`);
  expect(boot()).toBe(0);
  expect(existsSync(join(root, 'formatted'))).toBe(formatted);
});

test('a volume that cannot be read is not formatted', () => {
  command('blkid', 'exit 4');
  command('mkfs.ext4', `touch ${root}/formatted`);
  expect(boot()).not.toBe(0);
  expect(existsSync(join(root, 'formatted'))).toBe(false);
  expect(readFileSync(home('.setup_failed'), 'utf8')).toMatch(/blkid cannot tell what is on .* \(code 4\)/);
});
