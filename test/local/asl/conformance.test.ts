import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { type ConformanceCase, runConformanceCase } from '../../../lib/local/asl/conformance-case.ts';

interface RecordedCase extends ConformanceCase {
  readonly name: string;
  readonly category: string;
  readonly concurrent: boolean;
  readonly expected: { status: string; output?: unknown; error?: unknown };
  readonly events: readonly { type: string; name?: string }[] | null;
}

const FOLDER = join(import.meta.dirname, '../../asl-conformance/cases');
const cases: RecordedCase[] = readdirSync(FOLDER).map((file) =>
  JSON.parse(readFileSync(join(FOLDER, file), 'utf8')),
);

/** Named with their reasons in docs/asl-support.md: all of them are distributed Maps. */
const isDistributed = ({ definition }: RecordedCase) =>
  JSON.stringify(definition).includes('"Mode":"DISTRIBUTED"');

const ANY = '__ANY__';

/** Whether a value is what AWS recorded; the wildcard stands for what differs from run to run. */
function matches(expected: unknown, actual: unknown): boolean {
  if (expected === ANY) return true;
  if (typeof expected === 'string') {
    const literal = expected.split(ANY).map((text) => text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&'));
    return typeof actual === 'string' && new RegExp(`^${literal.join('.*')}$`, 's').test(actual);
  }
  if (typeof expected !== 'object' || expected === null || typeof actual !== 'object' || actual === null) {
    return expected === actual;
  }
  const keys = new Set([...Object.keys(expected), ...Object.keys(actual)]);
  const member = (value: object, key: string) => (value as Record<string, unknown>)[key];
  return [...keys].every((key) => matches(member(expected, key), member(actual, key)));
}

test.each(cases.filter((each) => !isDistributed(each)).map((each) => [each.name, each] as const))(
  'does as AWS did in %s',
  async (_, recorded) => {
    const actual = await runConformanceCase(recorded);
    const { status, output, error } = recorded.expected;
    expect(actual.status).toBe(status);
    expect(matches(output, actual.output), JSON.stringify(actual.output)).toBe(true);
    expect(matches(error ?? undefined, actual.error)).toBe(true);
    if (!recorded.events) return;
    const named = new Set(recorded.events.filter((event) => event.name).map(({ type }) => type));
    const lines = (actual.events as { type: string; name?: string }[]).map(({ type, name }) =>
      named.has(type) ? `${type} ${name}` : type,
    );
    const expected = recorded.events.map(({ type, name }) => (name ? `${type} ${name}` : type));
    if (recorded.concurrent) expect(lines.sort()).toEqual(expected.sort());
    else expect(lines).toEqual(expected);
  },
);

test.each(cases.filter(isDistributed).map((each) => [each.name, each] as const))(
  'refuses %s by name, because its Map is distributed',
  async (_, recorded) => {
    const actual = await runConformanceCase(recorded);
    expect(actual.status).toBe('REFUSED');
    expect(actual.error).toMatch(/state \S+: .*distributed Map/);
  },
);
