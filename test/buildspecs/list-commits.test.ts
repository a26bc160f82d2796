import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { listCommits } from '../../buildspecs/list-commits.ts';

const repository = mkdtempSync(join(tmpdir(), 'chronos-log-'));
const git = (...args: string[]) =>
  execFileSync('git', ['-c', 'user.name=Ada', '-c', 'user.email=ada@example.org', ...args], {
    cwd: repository,
  })
    .toString()
    .trim();
const commit = (message: string): string => {
  git('commit', '--quiet', '--allow-empty', `--message=${message}`);
  return git('rev-parse', 'HEAD');
};
git('init', '--quiet', '--initial-branch=main');
git('config', 'uploadpack.allowAnySHA1InWant', 'true');
git('config', 'uploadpack.allowFilter', 'true');
const first = commit('First');
const second = commit('Mend the clock');
const third = commit('Add a page');
afterAll(() => rmSync(repository, { recursive: true }));

test('lists the commits since a release, the newest first', async () => {
  expect(await listCommits(repository, first, third)).toEqual([
    expect.stringMatching(/^[0-9a-f]{12} Ada: Add a page$/),
    expect.stringMatching(/^[0-9a-f]{12} Ada: Mend the clock$/),
  ]);
});

test('says which commits of the last release a roll back leaves out', async () => {
  expect(await listCommits(repository, third, first)).toEqual(['2 of the last release are left out']);
  git('checkout', '--quiet', '-b', 'other', second);
  const other = commit('Another way');
  expect(await listCommits(repository, third, other)).toEqual([
    expect.stringMatching(/Another way$/),
    '1 of the last release are left out',
  ]);
});

test('has nothing to list without a release, or at the same commit', async () => {
  expect(await listCommits(repository, '', third)).toEqual([]);
  expect(await listCommits(repository, third, third)).toEqual([]);
});

test('says what stands in the way instead of failing', async () => {
  expect(await listCommits(join(repository, 'nowhere'), first, third)).toEqual([
    expect.stringMatching(/^the commits could not be listed: /),
  ]);
});
