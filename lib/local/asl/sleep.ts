import { Aborted } from './errors.ts';
import type { Branch } from './frame.ts';

/** Lets `ms` milliseconds of the engine's clock pass. @throws Aborted when the branch ends meanwhile */
export function sleep(ms: number, { setting, signal }: Branch): Promise<void> {
  return new Promise((resolve, reject) => {
    if (signal.aborted) return reject(new Aborted());
    const onAbort = () => {
      cancel();
      reject(new Aborted());
    };
    const cancel = setting.clock.after(ms, () => {
      signal.removeEventListener('abort', onAbort);
      resolve();
    });
    signal.addEventListener('abort', onAbort, { once: true });
  });
}
