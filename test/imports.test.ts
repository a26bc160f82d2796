import { globSync, readFileSync } from 'node:fs';
import { dirname, join, normalize } from 'node:path';
import { expect, test } from 'vitest';
import { ROOT } from './support/paths.ts';

/** Which rooms a room may use beside itself. */
const RULES: readonly [room: string, allowed: readonly string[]][] = [
  ['lib/contract/', []],
  ['lib/cloud/', ['lib/contract/']],
  ['lib/operator/', ['lib/contract/']],
  ['lib/local/', ['lib/contract/']],
  ['lambdas/common/', ['lib/contract/']],
  ['buildspecs/', ['lib/contract/']],
];

function imports(file: string): string[] {
  const text = readFileSync(join(ROOT, file), 'utf8');
  const specifiers = [...text.matchAll(/(?:from|import\()\s*'(\.{1,2}\/[^']+)'/g)].map((match) => match[1]!);
  return specifiers.map((specifier) => normalize(join(dirname(file), specifier)));
}

test.each(RULES)('%s uses only itself and %j', (room, allowed) => {
  const files = globSync(`${room}**/*.{ts,mjs}`, { cwd: ROOT });
  expect(files.length).toBeGreaterThan(0);
  const strays = files.flatMap((file) =>
    imports(file)
      .filter((target) => ![room, ...allowed].some((prefix) => target.startsWith(prefix)))
      .map((target) => `${file} -> ${target}`),
  );
  expect(strays).toEqual([]);
});

test('a function uses only its own folder, lambdas/common and the contract', () => {
  const files = globSync('lambdas/*/*.ts', { cwd: ROOT }).filter(
    (file) => !file.startsWith('lambdas/common/'),
  );
  const strays = files.flatMap((file) =>
    imports(file)
      .filter(
        (target) =>
          ![`${dirname(file)}/`, 'lambdas/common/', 'lib/contract/'].some((prefix) =>
            target.startsWith(prefix),
          ),
      )
      .map((target) => `${file} -> ${target}`),
  );
  expect(strays).toEqual([]);
});

test('cores know no AWS client: they work over ports', () => {
  const cores = globSync('lambdas/*/core.ts', { cwd: ROOT });
  expect(cores.length).toBeGreaterThan(8);
  for (const core of cores) expect(readFileSync(join(ROOT, core), 'utf8'), core).not.toContain('@aws-sdk');
});
