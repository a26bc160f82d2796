import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';

const MOST_COMMITS = 20;
const LONGEST_LINE = 100;
const GIT_MS = 60_000;

/**
 * The commits from one to another, the newest first, a line each: "91e6c24e0059 Somebody: What was done". Only
 * commits are fetched, no files. What stands in the way is said in the list: it must not stop a deployment.
 */
export async function listCommits(repository: string, from: string, to: string): Promise<string[]> {
  if (from === '' || from === to) return [];
  const cwd = mkdtempSync(join(tmpdir(), 'chronos-commits-'));
  const git = async (...args: string[]) =>
    (await promisify(execFile)('git', args, { cwd, timeout: GIT_MS })).stdout;
  try {
    await git('init', '--quiet', '--bare');
    await git('fetch', '--quiet', '--filter=tree:0', repository, from, to);
    const log = ['log', '--format=%h %an: %s', '--abbrev=12', `--max-count=${MOST_COMMITS + 1}`];
    const added = lines(await git(...log, `${from}..${to}`));
    const left = lines(await git(...log, `${to}..${from}`));
    return [
      ...added.slice(0, MOST_COMMITS),
      ...(added.length > MOST_COMMITS ? ['and more'] : []),
      ...(left.length > 0
        ? [`${left.length > MOST_COMMITS ? 'many' : left.length} of the last release are left out`]
        : []),
    ];
  } catch (error) {
    return [
      `the commits could not be listed: ${(error as Error).message.split('\n').filter(Boolean).at(-1)}`,
    ];
  } finally {
    rmSync(cwd, { recursive: true, force: true });
  }
}

const lines = (text: string): string[] =>
  text
    .split('\n')
    .filter(Boolean)
    .map((line) => line.slice(0, LONGEST_LINE));
