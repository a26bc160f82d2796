import { nameOf } from '../../lib/contract/identity.ts';
import { describeSummary, type PlanSummary } from '../../lib/contract/plan.ts';
import { describeApplication, type Run } from '../../lib/contract/run.ts';
import type { Approval } from '../common/deployment-table.ts';

/** What asking for approval needs from the outside. */
export interface RequestApprovalPorts {
  requestApproval(approval: Approval): Promise<void>;
  notify(subject: string, message: string): Promise<void>;
  now(): number;
}

export interface ApprovalQuestion {
  readonly run: Run;
  readonly taskToken: string;
  readonly digest: string;
  readonly summary: PlanSummary;
  readonly text: string;
  /** The application's commits since the last release, a line each. */
  readonly commits: readonly string[];
}

/** Stores who may go on once approved, then tells the people who can. */
export async function requestApproval(
  question: ApprovalQuestion,
  ports: RequestApprovalPorts,
): Promise<void> {
  const { run, taskToken, digest } = question;
  const { runId, requestedBy, approver } = run;
  const requestedAt = new Date(ports.now()).toISOString();
  await ports.requestApproval({ runId, taskToken, digest, requestedAt, requestedBy, approver });
  await ports.notify(`Approval needed: ${run.action} ${run.environment}`, describeQuestion(question));
}

function describeQuestion({ run, digest, summary, text, commits }: ApprovalQuestion): string {
  const { environment, runId } = run;
  const application = describeApplication(run);
  return [
    `${nameOf(run.requestedBy)} asks to ${run.action} ${environment}${application && `: ${application}`}.`,
    ...(run.reason ? [`Reason: ${run.reason}`] : []),
    `Infrastructure: ${text}.`,
    ...describeSummary(summary),
    ...describeCommits(run, commits),
    `Plan digest: ${digest}`,
    ...(run.approver === 'another' ? ['Somebody else than who asks must approve.'] : []),
    `Approve: chronos approve ${environment} ${runId}`,
    `Reject:  chronos reject ${environment} ${runId}`,
  ].join('\n');
}

function describeCommits({ commit, lastRelease }: Run, commits: readonly string[]): string[] {
  if (commit === '') return [];
  if (!lastRelease) return ['This is the first release.'];
  if (lastRelease.commit === commit) return ['The application stays at the commit of the last release.'];
  return ['Commits since the last release:', ...commits.map((line) => `  ${line}`)];
}
