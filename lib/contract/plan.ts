import { createHash } from 'node:crypto';

export type PlanOutcome = 'changes' | 'no-changes';
export type ResourceAction = 'create' | 'update' | 'replace' | 'destroy';

export interface PlannedChange {
  readonly address: string;
  readonly action: ResourceAction;
  /** Names of the attributes that force a replacement. */
  readonly because?: readonly string[];
}

/** What a person judges before an apply. It holds names and counts, never values. */
export interface PlanSummary {
  readonly counts: Readonly<Record<ResourceAction, number>>;
  /** At most 50, the most dangerous first. */
  readonly changes: readonly PlannedChange[];
}

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
