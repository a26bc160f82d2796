import { PlanRefused } from '../../lib/contract/errors.ts';
import {
  describeCounts,
  isDestructive,
  type PlanOutcome,
  type PlanSummary,
} from '../../lib/contract/plan.ts';
import type { Run } from '../../lib/contract/run.ts';

/** The plan build's exported variables by name. */
export type ExportedVariables = readonly { readonly Name: string; readonly Value: string }[];

export interface PlanReview {
  /** `finish`: nothing more is to be done; `configure`: no infrastructure changes. */
  readonly decision: 'finish' | 'configure' | 'apply';
  readonly approval: 'needed' | 'not-needed';
  readonly digest: string;
  readonly summary: PlanSummary;
  /** One line for people. */
  readonly text: string;
}

const NO_CHANGES: PlanSummary = { counts: { create: 0, update: 0, replace: 0, destroy: 0 }, changes: [] };

/**
 * Judges what the plan build exported. A `configure` run has no plan: it is judged as one without changes.
 * @throws PlanRefused when the build did not say what it planned
 */
export function reviewPlan(run: Run, exported: ExportedVariables | null): PlanReview {
  const { outcome, digest, summary } = exported ? readExported(exported) : noPlan();
  const text = outcome === 'no-changes' ? 'no infrastructure changes' : describeCounts(summary.counts);
  return {
    decision: decide(run, outcome),
    approval: approvalFor(run, outcome, summary),
    digest,
    summary,
    text,
  };
}

function decide(run: Run, outcome: PlanOutcome): PlanReview['decision'] {
  if (run.action === 'plan') return 'finish';
  if (outcome === 'changes') return 'apply';
  return run.action === 'destroy' ? 'finish' : 'configure';
}

/** `always` means the application's code and configuration too, not only infrastructure. */
function approvalFor(run: Run, outcome: PlanOutcome, summary: PlanSummary): PlanReview['approval'] {
  if (run.action === 'plan') return 'not-needed';
  if (run.approval === 'always') return 'needed';
  const destructive = outcome === 'changes' && run.action !== 'destroy' && isDestructive(summary);
  return run.approval === 'destructive' && destructive ? 'needed' : 'not-needed';
}

function readExported(exported: ExportedVariables): {
  outcome: PlanOutcome;
  digest: string;
  summary: PlanSummary;
} {
  const value = (name: string) => exported.find(({ Name }) => Name === name)?.Value ?? '';
  const outcome = value('PLAN_OUTCOME');
  const digest = value('PLAN_DIGEST');
  if ((outcome !== 'changes' && outcome !== 'no-changes') || !/^[0-9a-f]{64}$/.test(digest)) {
    throw new PlanRefused('the plan build succeeded without saying what it planned; look at its log');
  }
  return { outcome, digest, summary: JSON.parse(value('PLAN_SUMMARY')) as PlanSummary };
}

const noPlan = () => ({ outcome: 'no-changes' as const, digest: 'no-plan', summary: NO_CHANGES });
