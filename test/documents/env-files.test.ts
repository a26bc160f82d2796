import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import dotenv from 'dotenv';
import { expand } from 'dotenv-expand';
import { afterAll, describe, expect, test } from 'vitest';

const SCRIPT = join(import.meta.dirname, '../../documents/scripts/env_files.py');
const folder = mkdtempSync(join(tmpdir(), 'chronos-env-'));
afterAll(() => rmSync(folder, { recursive: true }));

/** Calls a function of env_files.py for each list of arguments; what it refuses comes back as null. */
function python(call: string, argumentLists: unknown[][]): unknown[] {
  const program = `
import json, sys
exec(open(${JSON.stringify(SCRIPT)}).read())
def attempt(arguments):
    try:
        return ${call}(*arguments)
    except Unwritable:
        return None
print(json.dumps([attempt(a) for a in json.load(sys.stdin)]))
`;
  return JSON.parse(
    execFileSync('python3', ['-c', program], { input: JSON.stringify(argumentLists) }).toString(),
  );
}

const ALPHABET = [...'ab c\'"\\$#|&`{}=%!;~\t()<>*?[]:,./-é\u007f'];
const NASTY = [
  'a\\',
  '\\',
  '\\\\',
  "'",
  "''",
  '"',
  '$HOME',
  '${X}',
  '$$',
  '\\$',
  '\\n',
  'a\\nb',
  ' x ',
  '#a',
  'a #b',
  "\\'",
  "'\\",
];

/** The same values every time: a small generator with a seed. */
function someValues(count: number): string[] {
  let state = 42;
  const next = (below: number) => {
    state = (state * 1_103_515_245 + 12_345) % 2 ** 31;
    return state % below;
  };
  const text = () => Array.from({ length: 1 + next(24) }, () => ALPHABET[next(ALPHABET.length)]).join('');
  return [...NASTY, ...Array.from({ length: count }, text)];
}

const values = someValues(2000);
const encodedBy = (reader: string) =>
  python(
    `ENCODERS[${JSON.stringify(reader)}]`,
    values.map((value) => [value]),
  ) as (string | null)[];

/** Writes what can be written, reads it by `read`, and compares value by value. */
function expectRoundTrip(
  reader: string,
  read: (file: string) => Record<string, unknown>,
  separator = '=',
): number {
  const encoded = encodedBy(reader);
  const file = join(folder, reader);
  const lines = encoded.flatMap((text, i) => (text === null ? [] : [`K${i}${separator}${text}`]));
  writeFileSync(file, `${lines.join('\n')}\n`);
  const found = read(file);
  for (const [i, text] of encoded.entries()) if (text !== null) expect(found[`K${i}`], text).toBe(values[i]);
  return lines.length;
}

const readByVite = (file: string) => {
  const parsed = dotenv.parse(readFileSync(file));
  return expand({ parsed, processEnv: {} }).parsed ?? {};
};

const hasGo = spawnSync('go', ['version']).status === 0;
const COMPOSE_READER = join(import.meta.dirname, 'compose-reader');
const readByCompose = (file: string) =>
  JSON.parse(
    execFileSync('go', ['run', '.', file], {
      cwd: COMPOSE_READER,
      stdio: ['ignore', 'pipe', 'inherit'],
    }).toString(),
  );

describe('what a reader sees is what was stored', () => {
  // Compose's parser is a Go module: without Go it cannot be asked.
  test.skipIf(!hasGo)('docker compose, for every value', () => {
    expect(expectRoundTrip('compose', readByCompose)).toBe(values.length);
  });

  test('Vite, for what its file can hold', () => {
    expect(expectRoundTrip('dotenv', readByVite)).toBeGreaterThan(100);
  });

  test.skipIf(!hasGo)('docker compose, for what is written for Vite: both read that file', () => {
    expectRoundTrip('dotenv', readByCompose);
  });

  test('TOML, for every value', () => {
    const program = 'import json,sys,tomllib; print(json.dumps(tomllib.load(open(sys.argv[1],"rb"))))';
    const hasTomllib = spawnSync('python3', ['-c', 'import tomllib']).status === 0;
    expect(hasTomllib, 'the test needs Python 3.11').toBe(true);
    const read = (file: string) => JSON.parse(execFileSync('python3', ['-c', program, file]).toString());
    expect(expectRoundTrip('toml', read, ' = ')).toBe(values.length);
  });

  test('a shell, for what systemd’s file can hold', () => {
    const read = (file: string) => {
      const output = execFileSync('bash', ['-c', 'set -a; . "$1"; env -0', 'x', file]).toString();
      return Object.fromEntries(output.split('\0').map((line) => line.split(/=(.*)/s)));
    };
    expectRoundTrip('systemd', read);
    expect(python('encode_systemd', [['two words'], ["it's"], ['$x'], ['plain-1.example.org/x']])).toEqual([
      null,
      null,
      null,
      'plain-1.example.org/x',
    ]);
  });
});

describe('set_keys', () => {
  const set = (reader: string, text: string, assignments: Record<string, string>) =>
    python('set_keys', [[reader, text, assignments]])[0];

  test('keeps every line that it was not asked about, and assigns each key once', () => {
    const before = '# comment\nA=1\nB=2\nA=3\n\nC=4\n';
    expect(set('compose', before, { A: "'x'", D: "'new'" })).toBe("# comment\nA='x'\nB=2\n\nC=4\nD='new'\n");
  });

  test('does not take one key for another that begins alike', () => {
    expect(set('compose', 'KEY_TWO=1\n', { KEY: 'x' })).toBe('KEY_TWO=1\nKEY=x\n');
  });

  test('puts a TOML key that is absent before the first table', () => {
    expect(set('toml', 'a = 1\n[t]\nb = 2\n', { 'auth.token': '"x"' })).toBe(
      'a = 1\nauth.token = "x"\n[t]\nb = 2\n',
    );
    expect(set('toml', '  auth.token="12345678"\n', { 'auth.token': '"x"' })).toBe('auth.token = "x"\n');
  });
});
