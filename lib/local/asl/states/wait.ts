import type { StateRunner } from '../branch.ts';
import { evaluateAs, queryFailure } from '../expression.ts';
import { leave, scopeOf, type Visit } from '../frame.ts';
import { sleep } from '../sleep.ts';

/** ISO 8601 with seconds, an optional fraction and an offset, as AWS demands. */
const TIMESTAMP = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}(:\d{2}(\.\d{1,9})?)?(Z|[+-]\d{2}:\d{2})$/;
/** https://docs.aws.amazon.com/step-functions/latest/dg/state-wait.html */
const LONGEST_SECONDS = 99_999_999;

export const wait: StateRunner = async (state, visit) => {
  const scope = scopeOf(visit);
  if (state.Seconds !== undefined) {
    const seconds = await evaluateAs<number>('number', state.Seconds, 'Seconds', scope);
    if (seconds < 0 || seconds > LONGEST_SECONDS) {
      throw queryFailure(
        scope,
        'Seconds',
        `The Seconds field must be from 0 to ${LONGEST_SECONDS} but was: ${seconds}`,
      );
    }
    await sleep(seconds * 1000, visit.branch);
  } else {
    const timestamp = await evaluateAs<string>('string', state.Timestamp!, 'Timestamp', scope);
    await sleep(
      Math.max(parseTimestamp(timestamp, visit) - visit.branch.setting.clock.now(), 0),
      visit.branch,
    );
  }
  return { ...(await leave(visit, state, visit.input)), next: state.Next };
};

function parseTimestamp(text: string, visit: Visit): number {
  const time = TIMESTAMP.test(text) ? Date.parse(text.replace(/(\.\d{3})\d+/, '$1')) : Number.NaN;
  if (Number.isNaN(time)) {
    throw queryFailure(
      scopeOf(visit),
      'Timestamp',
      `The Timestamp field cannot be parsed as an ISO-8601 extended offset date-time format string: ${text}`,
    );
  }
  return time;
}
