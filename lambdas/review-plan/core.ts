import { PlanRefused } from '../../lib/contract/errors.ts';
import {
  describeCounts,
  isDestructive,
  NO_CHANGES,
  type PlanOutcome,
  type PlanSummary,
  planDigest,
} from '../../lib/contract/plan.ts';
import type { Run } from '../../lib/contract/run.ts';
import { type ExportedVariables, exportedValue } from '../common/exported-variables.ts';

export interface PlanReview {
  /** `finish`: nothing more is to be done; `configure`: no infrastructure changes. */
  readonly decision: 'finish' | 'configure' | 'apply';
  readonly approval: 'needed' | 'not-needed';
  readonly digest: string;
  readonly summary: PlanSummary;
  /** One line for people. */
  readonly text: string;
  /** The application's commits since the last release, a line each. */
  readonly commits: readonly string[];
}

/**
 * Judges what the plan build exported. A `configure` run has no plan: it is judged as one without changes.
 * @throws PlanRefused when the build did not say what it planned
 */
export function reviewPlan(run: Run, exported: ExportedVariables | null): PlanReview {
  const { outcome, digest, summary, commits } = exported ? readExported(exported) : noPlan(run);
  const text = outcome === 'no-changes' ? 'no infrastructure changes' : describeCounts(summary.counts);
  return {
    decision: decide(run, outcome),
    approval: approvalFor(run, outcome, summary),
    digest,
    summary,
    text,
    commits,
  };
}

function decide(run: Run, outcome: PlanOutcome): PlanReview['decision'] {
  if (run.action === 'plan') return 'finish';
  if (outcome === 'changes') return 'apply';
  // The foundations carry no application.
  return run.action === 'destroy' || run.targets.length === 0 ? 'finish' : 'configure';
}

/** `always` means the application's code and configuration too, not only infrastructure. */
function approvalFor(run: Run, outcome: PlanOutcome, summary: PlanSummary): PlanReview['approval'] {
  if (decide(run, outcome) === 'finish') return 'not-needed';
  if (run.approval === 'always') return 'needed';
  const destructive = outcome === 'changes' && run.action !== 'destroy' && isDestructive(summary);
  return run.approval === 'destructive' && destructive ? 'needed' : 'not-needed';
}

type Plan = Pick<PlanReview, 'digest' | 'summary' | 'commits'> & { readonly outcome: PlanOutcome };

function readExported(exported: ExportedVariables): Plan {
  const outcome = exportedValue(exported, 'PLAN_OUTCOME');
  const digest = exportedValue(exported, 'PLAN_DIGEST');
  if ((outcome !== 'changes' && outcome !== 'no-changes') || !/^[0-9a-f]{64}$/.test(digest)) {
    throw new PlanRefused('the plan build succeeded without saying what it planned; look at its log');
  }
  return {
    outcome,
    digest,
    summary: JSON.parse(exportedValue(exported, 'PLAN_SUMMARY')) as PlanSummary,
    commits: JSON.parse(exportedValue(exported, 'COMMITS') || '[]') as string[],
  };
}

/** What is approved where there is no plan: this commit with this configuration. */
function noPlan({ environment, commit, configuration }: Run): Plan {
  const digest = planDigest({
    environment,
    commit,
    configurationVersion: configuration.version,
    planSha256: '',
    planJsonSha256: '',
    rootsSha256: '',
    lockfileSha256: '',
  });
  return { outcome: 'no-changes', digest, summary: NO_CHANGES, commits: [] };
}
