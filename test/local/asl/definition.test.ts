import { expect, test } from 'vitest';
import { loadDefinition } from '../../../lib/local/asl/definition.ts';
import type { InvalidDefinition } from '../../../lib/local/asl/errors.ts';

function problemsOf(definition: unknown): readonly string[] {
  try {
    loadDefinition(definition);
    return [];
  } catch (error) {
    return (error as InvalidDefinition).problems;
  }
}

const machine = (States: object, more: object = {}) => ({
  QueryLanguage: 'JSONata',
  StartAt: Object.keys(States)[0],
  States,
  ...more,
});

test('names every field that it would not carry out, with its state', () => {
  const problems = problemsOf(
    machine(
      {
        First: { Type: 'Pass', InputPath: '$.x', Next: 'Second' },
        Second: {
          Type: 'Task',
          Resource: 'arn:aws:states:::lambda:invoke',
          Credentials: {},
          Retry: [{ ErrorEquals: ['A'], Tries: 3 }],
          End: true,
        },
        Third: { Type: 'Choice', Choices: [{ Condition: true, Next: 'Nowhere' }] },
      },
      { ProcessorConfig: {} },
    ),
  );
  expect(problems).toEqual([
    "the machine's field ProcessorConfig is not supported",
    'state First: the field InputPath is not supported in a Pass state',
    'state Second: Credentials is not supported',
    'state Second: the field Tries in Retry is not supported',
    'state Third: Next in Choices names no state beside it: Nowhere',
  ]);
});

test('refuses JSONPath, in a machine and in a state', () => {
  expect(problemsOf({ StartAt: 'A', States: { A: { Type: 'Pass', End: true } } })).toEqual([
    'state A: QueryLanguage JSONPath is not supported, only JSONata',
  ]);
  expect(problemsOf(machine({ A: { Type: 'Pass', QueryLanguage: 'JSONPath', End: true } }))).toHaveLength(1);
});

test('refuses an expression that does not parse, and a state that leads nowhere or two ways', () => {
  expect(problemsOf(machine({ A: { Type: 'Pass', Output: '{% $x + %}', End: true } }))[0]).toMatch(
    /state A: the expression \$x \+ is not JSONata/,
  );
  expect(problemsOf(machine({ A: { Type: 'Pass' } }))).toEqual([
    'state A: exactly one of Next and End is needed',
  ]);
  expect(problemsOf(machine({ A: { Type: 'Wait', Seconds: 1, Timestamp: 'x', End: true } }))).toHaveLength(1);
});

test('refuses what is no definition at all', () => {
  expect(problemsOf('x')).toEqual(['the definition is not a JSON object']);
  expect(problemsOf(machine({ A: { Type: 'Parallelise' } }))).toEqual([
    'state A: unknown Type "Parallelise"',
  ]);
});
