import type { DriftedResource } from '../lib/contract/drift.ts';

interface DriftedChange {
  readonly address: string;
  readonly mode?: string;
  readonly change: {
    readonly actions: readonly string[];
    readonly before: Readonly<Record<string, unknown>> | null;
    readonly after: Readonly<Record<string, unknown>> | null;
  };
}

const MOST_RESOURCES = 50;

/** What a refresh-only plan found to be other than the state says: names of resources and attributes, no values. */
export function summariseDrift(json: string): DriftedResource[] {
  const { resource_drift = [] } = JSON.parse(json) as { resource_drift?: readonly DriftedChange[] };
  return resource_drift
    .filter(({ mode = 'managed', change }) => mode === 'managed' && !change.actions.includes('no-op'))
    .map(({ address, change: { before, after } }) => ({
      address,
      change: after === null ? ('deleted' as const) : ('changed' as const),
      attributes: after === null ? [] : changedAttributes(before ?? {}, after),
    }))
    .slice(0, MOST_RESOURCES);
}

export function changedAttributes(
  before: Readonly<Record<string, unknown>>,
  after: Readonly<Record<string, unknown>>,
): string[] {
  const names = new Set([...Object.keys(before), ...Object.keys(after)]);
  return [...names].filter((name) => JSON.stringify(before[name]) !== JSON.stringify(after[name])).sort();
}
