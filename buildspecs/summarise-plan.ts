import {
  type BlastRadius,
  type PlannedChange,
  type PlanSummary,
  type ResourceAction,
  widest,
} from '../lib/contract/plan.ts';
import { changedAttributes } from './summarise-drift.ts';

interface ResourceChange {
  readonly address: string;
  readonly type: string;
  /** For example `replace_by_request`. */
  readonly action_reason?: string;
  readonly change: {
    readonly actions: readonly string[];
    readonly before?: Readonly<Record<string, unknown>> | null;
    readonly after?: Readonly<Record<string, unknown>> | null;
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
    radius: widest(changes.map(({ radius }) => radius)),
    changes: changes.slice(0, MOST_CHANGES),
  };
}

function describe(resource: ResourceChange): PlannedChange[] {
  const { address, change, action_reason } = resource;
  const action = actionOf(change.actions);
  if (!action) return [];
  const radius = radiusOf(resource, action);
  if (action !== 'replace') return [{ address, action, radius }];
  const { replace_paths = [] } = change;
  const asked = action_reason === 'replace_by_request' ? ['replaceHost'] : [];
  return [{ address, action, radius, because: [...asked, ...replace_paths.map((path) => path.join('.'))] }];
}

function actionOf(actions: readonly string[]): ResourceAction | undefined {
  if (actions.includes('delete')) return actions.includes('create') ? 'replace' : 'destroy';
  if (actions.includes('create')) return 'create';
  return actions.includes('update') ? 'update' : undefined;
}

/** What holds data, or an address that others know. */
export const HOLDS_DATA = [
  'aws_dynamodb_table',
  'aws_ebs_volume',
  'aws_eip',
  'aws_s3_bucket',
  'aws_subnet',
  'aws_vpc',
];
const HOSTS = ['aws_instance', 'terraform_data'];
const ACCESS = /^aws_(iam_|network_acl|route|security_group|vpc_security_group|s3_bucket_p)/;
/** Attributes that the provider changes on a stopped instance. */
const NEEDS_RESTART = ['ebs_optimized', 'instance_type', 'user_data', 'user_data_base64'];

function radiusOf({ type, change }: ResourceChange, action: ResourceAction): BlastRadius {
  if (action === 'replace' || action === 'destroy') {
    if (HOLDS_DATA.includes(type)) return 'data';
    if (HOSTS.includes(type)) return 'host';
  }
  if (ACCESS.test(type)) return 'access';
  if (action === 'create') return 'additive';
  const changed = changedAttributes(change.before ?? {}, change.after ?? {});
  const restarts = type === 'aws_instance' && changed.some((name) => NEEDS_RESTART.includes(name));
  return restarts ? 'restart' : 'in-place';
}
