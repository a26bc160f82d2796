import { createHash } from 'node:crypto';

export type PlanOutcome = 'changes' | 'no-changes';
export type ResourceAction = 'create' | 'update' | 'replace' | 'destroy';

/** How far a change reaches, the least first. */
export const BLAST_RADII = ['none', 'additive', 'in-place', 'access', 'restart', 'host', 'data'] as const;
export type BlastRadius = (typeof BLAST_RADII)[number];

const REACH: Readonly<Record<BlastRadius, string>> = {
  none: 'nothing changes',
  additive: 'only new things are made; what serves now is not touched',
  'in-place': 'things change in place; what serves now goes on',
  access: 'who may reach or do what changes',
  restart: 'the host is stopped and started: some minutes of downtime',
  host: 'the host goes: downtime, and what is only on its own disk is lost',
  data: 'something that holds data, or an address that others know, goes',
};

/** What a blast radius means for those who use the application. */
export const describeRadius = (radius: BlastRadius): string => REACH[radius];

export const widest = (radii: readonly BlastRadius[]): BlastRadius =>
  radii.reduce((a, b) => (BLAST_RADII.indexOf(b) > BLAST_RADII.indexOf(a) ? b : a), 'none');

export interface PlannedChange {
  readonly address: string;
  readonly action: ResourceAction;
  readonly radius: BlastRadius;
  /** Names of the attributes that force a replacement. */
  readonly because?: readonly string[];
}

/** What a person judges before an apply. It holds names and counts, never values. */
export interface PlanSummary {
  readonly counts: Readonly<Record<ResourceAction, number>>;
  /** The widest of all changes. */
  readonly radius: BlastRadius;
  /** At most 50, the most dangerous first. */
  readonly changes: readonly PlannedChange[];
}

export const NO_CHANGES: PlanSummary = {
  counts: { create: 0, update: 0, replace: 0, destroy: 0 },
  radius: 'none',
  changes: [],
};

/** All that the approved digest covers. */
export interface PlanIdentity {
  readonly environment: string;
  readonly commit: string;
  readonly configurationVersion: number;
  readonly planSha256: string;
  readonly planJsonSha256: string;
  readonly rootsSha256: string;
  readonly lockfileSha256: string;
}

export function planDigest(identity: PlanIdentity): string {
  const canonical = JSON.stringify(Object.entries(identity).sort(([a], [b]) => (a < b ? -1 : 1)));
  return createHash('sha256').update(canonical).digest('hex');
}

/** "2 to create, 1 to replace", or "no changes". */
export function describeCounts(counts: PlanSummary['counts']): string {
  const parts = Object.entries(counts).filter(([, n]) => n > 0);
  return parts.length === 0 ? 'no changes' : parts.map(([action, n]) => `${n} to ${action}`).join(', ');
}

export const isDestructive = (summary: PlanSummary): boolean =>
  summary.counts.destroy > 0 || summary.counts.replace > 0;

/** A plan as people judge it: how far it reaches, then a line for each change. */
export function describeSummary({ radius, changes, counts }: PlanSummary): string[] {
  const total = Object.values(counts).reduce((sum, n) => sum + n, 0);
  const lines = changes.map(({ action, address, because }) => {
    const reason = because?.length ? `  (because of ${because.join(', ')})` : '';
    return `  ${action.padEnd(8)} ${address}${reason}`;
  });
  const more = total > changes.length ? [`  and ${total - changes.length} more`] : [];
  return [`Blast radius: ${describeRadius(radius)}.`, ...lines, ...more];
}
