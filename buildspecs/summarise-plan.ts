import type { PlannedChange, PlanSummary, ResourceAction } from '../lib/contract/plan.ts';

interface ResourceChange {
  readonly address: string;
  readonly change: {
    readonly actions: readonly string[];
    readonly replace_paths?: readonly (readonly unknown[])[];
  };
}

const MOST_CHANGES = 50;
const DANGER: readonly ResourceAction[] = ['destroy', 'replace', 'update', 'create'];

/** Names and counts of what a plan changes; never a value. The format: https://opentofu.org/docs/internals/json-format/ */
export function summarisePlan(json: string): PlanSummary {
  const { resource_changes = [] } = JSON.parse(json) as { resource_changes?: readonly ResourceChange[] };
  const changes = resource_changes.flatMap(describe);
  changes.sort((a, b) => DANGER.indexOf(a.action) - DANGER.indexOf(b.action));
  const count = (action: ResourceAction) => changes.filter((change) => change.action === action).length;
  return {
    counts: {
      create: count('create'),
      update: count('update'),
      replace: count('replace'),
      destroy: count('destroy'),
    },
    changes: changes.slice(0, MOST_CHANGES),
  };
}

function describe({ address, change }: ResourceChange): PlannedChange[] {
  const { actions, replace_paths = [] } = change;
  if (actions.includes('delete') && actions.includes('create')) {
    return [{ address, action: 'replace', because: replace_paths.map((path) => path.join('.')) }];
  }
  if (actions.includes('delete')) return [{ address, action: 'destroy' }];
  if (actions.includes('create')) return [{ address, action: 'create' }];
  return actions.includes('update') ? [{ address, action: 'update' }] : [];
}
