import { hostname } from 'node:os';
import { describeLock, parseLockError, type StateLock } from './lock-error.ts';
import type { Settings } from './settings.ts';
import { tofu } from './tofu.ts';

/**
 * After an apply that failed: proves that the state's lock is free, or says who has it. A lock that this build's
 * own tofu left behind, because it was killed, is removed: it was made on this host after the build began.
 * @param since when the build began, ms since the epoch
 * @returns one sentence
 */
export async function settleStateLock(settings: Settings, since: number): Promise<string> {
  const lock = await heldLock(settings);
  if (!lock) return 'the state lock is free';
  const own = lock.who.endsWith(`@${hostname()}`) && lock.created >= since;
  if (!own) return describeLock(lock);
  await tofu(settings, ['force-unlock', '-force', lock.id]);
  const left = await heldLock(settings);
  return left ? describeLock(left) : `the state lock ${lock.id}, which the ended tofu had left, was removed`;
}

/** Takes the lock for a moment, without looking at the infrastructure. */
async function heldLock(settings: Settings): Promise<StateLock | undefined> {
  const probe = ['plan', '-no-color', '-input=false', '-refresh=false', '-lock-timeout=0s'];
  return parseLockError((await tofu(settings, probe, { silent: true })).output);
}
