import type { Retrier } from './definition.ts';
import { matchesError, type StateError } from './errors.ts';

/** https://docs.aws.amazon.com/step-functions/latest/dg/concepts-error-handling.html#error-handling-retrying-after-an-error */
const DEFAULTS = { IntervalSeconds: 1, MaxAttempts: 3, BackoffRate: 2 };

/**
 * Seconds until the next attempt, or undefined when there is none. Each retrier counts its own attempts.
 * @param attempts retries used so far, by the retrier's index; counted up here
 */
export function retryDelay(
  retriers: readonly Retrier[] | undefined,
  error: StateError,
  attempts: Map<number, number>,
  random: () => number,
): number | undefined {
  const index = retriers?.findIndex(({ ErrorEquals }) => matchesError(ErrorEquals, error)) ?? -1;
  const retrier = retriers?.[index];
  if (!retrier) return undefined;
  const used = attempts.get(index) ?? 0;
  if (used >= (retrier.MaxAttempts ?? DEFAULTS.MaxAttempts)) return undefined;
  attempts.set(index, used + 1);
  const interval = retrier.IntervalSeconds ?? DEFAULTS.IntervalSeconds;
  const grown = interval * (retrier.BackoffRate ?? DEFAULTS.BackoffRate) ** used;
  const delay = Math.min(grown, retrier.MaxDelaySeconds ?? Number.POSITIVE_INFINITY);
  return retrier.JitterStrategy === 'FULL' ? delay * random() : delay;
}
