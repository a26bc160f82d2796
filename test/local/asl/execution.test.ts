import { describe, expect, test } from 'vitest';
import { loadDefinition } from '../../../lib/local/asl/definition.ts';
import { StateError } from '../../../lib/local/asl/errors.ts';
import { Execution } from '../../../lib/local/asl/execution.ts';
import type { Json } from '../../../lib/local/asl/json.ts';
import { type TaskCall, type TaskRunner, TaskTokens } from '../../../lib/local/asl/task.ts';
import { JumpingClock } from '../../../lib/local/clock.ts';

/** Runs states of a machine on a clock that jumps; `elapsed` is in seconds of that clock. */
async function run(
  States: Record<string, unknown>,
  options: { input?: Json; runTask?: TaskRunner; timeout?: number; tokens?: TaskTokens } = {},
) {
  const clock = new JumpingClock({ start: Date.UTC(2026, 0, 1) });
  const begun = clock.now();
  const execution = new Execution({
    definition: loadDefinition({
      QueryLanguage: 'JSONata',
      StartAt: Object.keys(States)[0],
      States,
      ...(options.timeout ? { TimeoutSeconds: options.timeout } : {}),
    }),
    arn: 'arn:aws:states:us-east-1:000000000000:execution:M:x',
    name: 'x',
    stateMachineArn: 'arn:aws:states:us-east-1:000000000000:stateMachine:M',
    stateMachineName: 'M',
    roleArn: 'arn:aws:iam::000000000000:role/r',
    input: options.input ?? {},
    clock,
    tokens: options.tokens ?? new TaskTokens(),
    runTask: options.runTask ?? (async () => null),
  });
  const result = await execution.result;
  const elapsed = (clock.now() - begun) / 1000;
  clock.stop();
  return { ...result, elapsed, events: execution.history.events.map(({ type }) => type) };
}

const task = (more: object = {}) => ({
  Type: 'Task',
  Resource: 'arn:aws:states:::lambda:invoke',
  Arguments: { FunctionName: 'f' },
  End: true,
  ...more,
});
const expression = (text: string) => `{% ${text} %}`;
const evaluate = async (text: string, input: Json = {}) =>
  (await run({ A: { Type: 'Pass', Output: expression(text), End: true } }, { input })).output;

test('a wait of half an hour takes no real time', async () => {
  const real = Date.now();
  expect(await run({ A: { Type: 'Wait', Seconds: 1800, End: true } })).toMatchObject({
    status: 'SUCCEEDED',
    elapsed: 1800,
  });
  expect(Date.now() - real).toBeLessThan(10_000);
});

describe('Retry', () => {
  const failing = (times: number): TaskRunner => {
    let calls = 0;
    return async () => {
      calls += 1;
      if (calls <= times) throw new StateError('Flaky', 'not now');
      return calls;
    };
  };

  test('backs off by its rate up to its longest delay', async () => {
    const Retry = [
      { ErrorEquals: ['Flaky'], IntervalSeconds: 2, BackoffRate: 3, MaxDelaySeconds: 10, MaxAttempts: 4 },
    ];
    expect(await run({ A: task({ Retry }) }, { runTask: failing(4) })).toMatchObject({
      status: 'SUCCEEDED',
      output: 5,
      elapsed: 2 + 6 + 10 + 10,
    });
  });

  test('jitter FULL waits a share of the delay', async () => {
    const Retry = [{ ErrorEquals: ['Flaky'], IntervalSeconds: 100, JitterStrategy: 'FULL', MaxAttempts: 1 }];
    const { elapsed } = await run({ A: task({ Retry }) }, { runTask: failing(1) });
    expect(elapsed).toBeLessThanOrEqual(100);
  });

  test('each retrier counts its own attempts; after them Catch decides', async () => {
    let calls = 0;
    const runTask: TaskRunner = async () => {
      calls += 1;
      throw new StateError(calls % 2 ? 'Odd' : 'Even', `call ${calls}`);
    };
    const Retry = [
      { ErrorEquals: ['Odd'], MaxAttempts: 2 },
      { ErrorEquals: ['Even'], MaxAttempts: 1 },
    ];
    const Catch = [
      { ErrorEquals: ['States.ALL'], Assign: { seen: expression('$states.errorOutput.Error') }, Next: 'B' },
    ];
    const B = { Type: 'Pass', Output: expression("$seen & ' after ' & $states.input.Cause"), End: true };
    expect(await run({ A: task({ Retry, Catch }), B }, { runTask })).toMatchObject({
      output: 'Even after call 4',
    });
  });

  test('States.ALL does not catch States.Runtime, nor a state output that is too large', async () => {
    const runtime: TaskRunner = async () => {
      throw new StateError('States.Runtime', 'cannot be caught');
    };
    const Catch = [{ ErrorEquals: ['States.ALL'], Next: 'B' }];
    const B = { Type: 'Pass', End: true };
    expect(await run({ A: task({ Catch }), B }, { runTask: runtime })).toMatchObject({
      status: 'FAILED',
      error: 'States.Runtime',
    });
    const large = {
      A: {
        ...task({ Catch }),
        Output: expression("$join($map($range(1, 1000, 1), function($i) { $pad('', 300, 'x') }))"),
      },
      B,
    };
    expect(await run(large)).toMatchObject({ status: 'FAILED', error: 'States.DataLimitExceeded' });
  });
});

describe('Timeouts', () => {
  const never: TaskRunner = (call: TaskCall) =>
    new Promise((_, reject) => call.signal.addEventListener('abort', () => reject(new Error('gone'))));

  test('a task ends after its own time, the machine after its', async () => {
    expect(await run({ A: task({ TimeoutSeconds: 30 }) }, { runTask: never })).toMatchObject({
      status: 'FAILED',
      error: 'States.Timeout',
      elapsed: 30,
    });
    expect(await run({ A: task() }, { runTask: never, timeout: 90 })).toMatchObject({
      status: 'TIMED_OUT',
      elapsed: 90,
    });
  });

  test('a heartbeat that stays away ends the wait for a token, and both names catch it', async () => {
    for (const name of ['States.HeartbeatTimeout', 'States.Timeout']) {
      const Catch = [{ ErrorEquals: [name], Next: 'B' }];
      const A = task({
        Resource: 'arn:aws:states:::lambda:invoke.waitForTaskToken',
        HeartbeatSeconds: 60,
        TimeoutSeconds: 600,
        Catch,
      });
      expect(await run({ A, B: { Type: 'Pass', End: true } })).toMatchObject({
        status: 'SUCCEEDED',
        elapsed: 60,
      });
    }
  });

  test('an expression may set the time', async () => {
    const A = task({ TimeoutSeconds: expression('$states.input.seconds') });
    expect(await run({ A }, { runTask: never, input: { seconds: 7 } })).toMatchObject({ elapsed: 7 });
  });
});

describe('Parallel and Map', () => {
  test('a failed branch ends the others, and nothing of them goes on', async () => {
    let late = false;
    const runTask: TaskRunner = async () => {
      late = true;
      return null;
    };
    const Branches = [
      { StartAt: 'Wait', States: { Wait: { Type: 'Wait', Seconds: 100, Next: 'Late' }, Late: task() } },
      { StartAt: 'Bad', States: { Bad: { Type: 'Fail', Error: 'Broken', Cause: 'on purpose' } } },
    ];
    expect(await run({ P: { Type: 'Parallel', Branches, End: true } }, { runTask })).toMatchObject({
      status: 'FAILED',
      error: 'Broken',
      elapsed: 0,
    });
    expect(late).toBe(false);
  });

  test('a Map runs at most MaxConcurrency iterations at once and keeps the order of results', async () => {
    const processor = {
      StartAt: 'W',
      States: { W: { Type: 'Wait', Seconds: 10, Output: expression('$states.input * 2'), End: true } },
    };
    const M = { Type: 'Map', Items: [1, 2, 3, 4, 5], MaxConcurrency: 2, ItemProcessor: processor, End: true };
    expect(await run({ M })).toMatchObject({ output: [2, 4, 6, 8, 10], elapsed: 30 });
  });

  test('variables of an iteration are its own, those outside can be read', async () => {
    const processor = {
      StartAt: 'A',
      States: {
        A: { Type: 'Pass', Assign: { inner: expression('$outer + $states.input') }, Next: 'B' },
        B: { Type: 'Pass', Output: expression('$inner'), End: true },
      },
    };
    const states = {
      Set: { Type: 'Pass', Assign: { outer: 10 }, Next: 'M' },
      M: { Type: 'Map', Items: [1, 2], ItemProcessor: processor, Next: 'After' },
      After: {
        Type: 'Pass',
        Output: expression('{"results": $states.input, "leaked": $exists($inner)}'),
        End: true,
      },
    };
    expect((await run(states)).output).toEqual({ results: [11, 12], leaked: false });
  });
});

describe('functions of Step Functions', () => {
  test.each([
    ['$partition([1,2,3], 2)', [[1, 2], [3]]],
    ['$range(0, 6, 3)', [0, 3, 6]],
    ['$range(3, 1, -1)', [3, 2, 1]],
    ["$hash('a', 'SHA-256')", 'ca978112ca1bbdcafac231b39a23dc4da786eff8147c4e72b9807785afee48bb'],
    ['$random(5) = $random(5)', true],
    ['$random() < 1', true],
    ['$length($uuid())', 36],
    ['$parse(\'{"a": 1}\').a', 1],
    ['$now()', '2026-01-01T00:00:00.000Z'],
    ['$millis()', Date.UTC(2026, 0, 1)],
  ])('%s', async (text, expected) => {
    expect(await evaluate(text)).toEqual(expected);
  });

  test('there is no $eval', async () => {
    const { error, cause } = await run({
      A: { Type: 'Pass', Output: expression("$eval('1+1')"), End: true },
    });
    expect(error).toBe('States.QueryEvaluationError');
    expect(cause).toContain('T1006');
  });
});

test('the 25,001st event fails the execution', async () => {
  const states = { A: { Type: 'Pass', Next: 'B' }, B: { Type: 'Pass', Next: 'A' } };
  const { status, error, cause, events } = await run(states);
  expect({ status, error }).toEqual({ status: 'FAILED', error: 'States.Runtime' });
  expect(cause).toMatch(/25000|25,000/);
  expect(events.length).toBeLessThanOrEqual(25_001);
}, 120_000);

test('event ids rise by one and each names the one before it', async () => {
  const states = { A: { Type: 'Pass', Next: 'B' }, B: { Type: 'Succeed' } };
  expect((await run(states)).events).toEqual([
    'ExecutionStarted',
    'PassStateEntered',
    'PassStateExited',
    'SucceedStateEntered',
    'SucceedStateExited',
    'ExecutionSucceeded',
  ]);
});
