import { type Drift, type DriftedResource, describeDrift } from '../../lib/contract/drift.ts';
import type { Lock } from '../common/deployment-table.ts';

/** What judging drift needs from the outside. */
export interface JudgeDriftPorts {
  readLock(): Promise<Lock>;
  readDrift(): Promise<Drift | undefined>;
  rememberDrift(drift: Drift): Promise<void>;
  forgetDrift(): Promise<void>;
  notify(subject: string, message: string): Promise<void>;
  /** How many resources have drifted, for alarms. */
  measure(resources: number): void;
  now(): number;
}

export interface DriftVerdict {
  readonly drift: 'none' | 'found' | 'discarded';
  /** One line for people. */
  readonly text: string;
  readonly since?: string;
  readonly resources?: readonly DriftedResource[];
}

/**
 * Says what drifted and since when; people are told when it begins, changes, or ends. What was seen while a
 * deployment ran is discarded: it may have been half done.
 * @param fence of the lock before the comparison
 */
export async function judgeDrift(
  environment: string,
  fence: number,
  resources: readonly DriftedResource[],
  ports: JudgeDriftPorts,
): Promise<DriftVerdict> {
  const lock = await ports.readLock();
  if (lock.runId || lock.fence !== fence) {
    return { drift: 'discarded', text: 'a deployment ran meanwhile: what was seen is discarded' };
  }
  const before = await ports.readDrift();
  ports.measure(resources.length);
  if (resources.length === 0) {
    if (before) {
      await ports.forgetDrift();
      await ports.notify(
        `${environment}: no more drift`,
        `The infrastructure of ${environment} is again what its state says. It had drifted since ${before.since}.`,
      );
    }
    return { drift: 'none', text: 'no drift' };
  }
  const checkedAt = new Date(ports.now()).toISOString();
  const since = before?.since ?? checkedAt;
  await ports.rememberDrift({ resources, since, checkedAt });
  const lines = describeDrift(resources);
  const isNews = !before || describeDrift(before.resources).join('\n') !== lines.join('\n');
  if (isNews) {
    await ports.notify(
      `${environment}: the infrastructure has drifted`,
      [
        `Somebody changed the infrastructure of ${environment} outside of a deployment, seen first at ${since}:`,
        ...lines.map((line) => `  ${line}`),
        `Nothing was done about it. See what a deployment would do: chronos plan ${environment}`,
      ].join('\n'),
    );
  }
  return { drift: 'found', text: `${resources.length} drifted since ${since}`, since, resources };
}
