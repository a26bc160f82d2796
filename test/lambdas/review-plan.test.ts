import { expect, test } from 'vitest';
import { reviewPlan } from '../../lambdas/review-plan/core.ts';
import type { Run } from '../../lib/contract/run.ts';

const run = (action: Run['action'], approval: Run['approval'], more: Partial<Run> = {}) =>
  ({
    action,
    approval,
    environment: 'stage',
    commit: 'c'.repeat(40),
    configuration: { version: 3, pointer: {} },
    targets: ['dashboard'],
    ...more,
  }) as Run;
const exported = (outcome: string, counts: object = {}) => [
  { Name: 'PLAN_OUTCOME', Value: outcome },
  { Name: 'PLAN_DIGEST', Value: 'd'.repeat(64) },
  {
    Name: 'PLAN_SUMMARY',
    Value: JSON.stringify({
      counts: { create: 0, update: 0, replace: 0, destroy: 0, ...counts },
      changes: [],
    }),
  },
];

test.each([
  ['plan', 'always', exported('changes', { create: 1 }), 'finish', 'not-needed'],
  ['apply', 'never', exported('changes', { replace: 1 }), 'apply', 'not-needed'],
  ['apply', 'destructive', exported('changes', { create: 3 }), 'apply', 'not-needed'],
  ['apply', 'destructive', exported('changes', { replace: 1 }), 'apply', 'needed'],
  ['apply', 'destructive', exported('no-changes'), 'configure', 'not-needed'],
  ['apply', 'always', exported('no-changes'), 'configure', 'needed'],
  ['configure', 'always', null, 'configure', 'needed'],
  ['configure', 'destructive', null, 'configure', 'not-needed'],
  ['destroy', 'destructive', exported('changes', { destroy: 5 }), 'apply', 'not-needed'],
  ['destroy', 'always', exported('changes', { destroy: 5 }), 'apply', 'needed'],
  ['destroy', 'never', exported('no-changes'), 'finish', 'not-needed'],
] as const)('%s with policy %s', (action, approval, plan, decision, needed) => {
  expect(reviewPlan(run(action, approval), plan)).toMatchObject({ decision, approval: needed });
});

test('what environments stand on has no application to configure: without changes nothing is left to do', () => {
  expect(reviewPlan(run('apply', 'always', { targets: [] }), exported('no-changes'))).toMatchObject({
    decision: 'finish',
    approval: 'not-needed',
  });
});

test('what is approved without a plan is this commit with this configuration', () => {
  const digest = (more: Partial<Run>) => reviewPlan(run('configure', 'always', more), null).digest;
  expect(digest({})).toMatch(/^[0-9a-f]{64}$/);
  expect(digest({})).toBe(digest({}));
  expect(digest({ commit: 'd'.repeat(40) })).not.toBe(digest({}));
  expect(digest({ configuration: { version: 4, pointer: {} } })).not.toBe(digest({}));
});

test('refuses a build that did not say what it planned', () => {
  expect(() => reviewPlan(run('apply', 'never'), [])).toThrow(/without saying what it planned/);
  expect(() => reviewPlan(run('apply', 'never'), [{ Name: 'PLAN_OUTCOME', Value: 'changes' }])).toThrow(
    /PlanRefused|without saying/,
  );
});
