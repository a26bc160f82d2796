import type { PlanSummary } from '../../lib/contract/plan.ts';
import type { Run } from '../../lib/contract/run.ts';
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
}

/** Stores who may go on once approved, then tells the people who can. */
export async function requestApproval(
  question: ApprovalQuestion,
  ports: RequestApprovalPorts,
): Promise<void> {
  const { run, taskToken, digest, summary, text } = question;
  const requestedAt = new Date(ports.now()).toISOString();
  await ports.requestApproval({ runId: run.runId, taskToken, digest, requestedAt });
  const changes = summary.changes.map(({ action, address, because }) => {
    const reason = because?.length ? ` (because of ${because.join(', ')})` : '';
    return `  ${action} ${address}${reason}`;
  });
  await ports.notify(
    `Approval needed: ${run.action} ${run.environment}`,
    [
      `${run.requestedBy} asks to ${run.action} ${run.gitRef} (${run.commit.slice(0, 12)}) on ${run.environment}: ${text}.`,
      ...(run.reason ? [`Reason: ${run.reason}`] : []),
      ...changes,
      `Plan digest: ${digest}`,
      `Approve: chronos approve ${run.environment} ${run.runId}`,
      `Reject:  chronos reject ${run.environment} ${run.runId}`,
    ].join('\n'),
  );
}
