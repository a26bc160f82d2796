import { describeCancellation, RequestRefused } from '../../lib/contract/errors.ts';
import { nameOf } from '../../lib/contract/identity.ts';
import type { Approval, RunRecord } from '../common/deployment-table.ts';
import type { TaskAnswer } from '../common/task-answer.ts';

/** A person's word about a running deployment. */
export interface Decision {
  readonly decision: 'approve' | 'reject' | 'cancel';
  readonly runId: string;
  /** ARN of whoever decides, as AWS saw it. */
  readonly by: string;
  readonly comment: string;
}

/** What carrying out a decision needs from the outside. */
export interface DecideDeploymentPorts {
  readRun(runId: string): Promise<RunRecord | undefined>;
  isRunning(executionArn: string): Promise<boolean>;
  readApproval(runId: string): Promise<Approval | undefined>;
  /** false when somebody decided before. */
  recordDecision(
    runId: string,
    decision: NonNullable<Approval['decision']>,
    by: string,
    at: string,
    comment: string,
  ): Promise<boolean>;
  requestCancel(runId: string, by: string, reason: string): Promise<void>;
  cancelCommands(record: RunRecord): Promise<void>;
  answer(taskToken: string, answer: TaskAnswer): Promise<void>;
  now(): number;
}

/**
 * Approves, rejects or cancels. Cancelling is cooperative: it sets a flag that every step looks at, ends
 * the wait for approval and the commands under way; the failure path of the execution does the rest.
 * @returns one sentence about what was done
 * @throws RequestRefused when there is nothing to decide
 */
export async function decideDeployment(decision: Decision, ports: DecideDeploymentPorts): Promise<string> {
  const { runId, by, comment } = decision;
  const record = await ports.readRun(runId);
  if (!record || !(await ports.isRunning(record.executionArn))) {
    throw new RequestRefused(`no deployment ${runId} is running`);
  }
  const approval = await ports.readApproval(runId);
  const pending = approval && approval.decision === undefined ? approval : undefined;
  if (decision.decision === 'cancel') {
    await ports.requestCancel(runId, nameOf(by), comment || 'no reason given');
    if (pending) await settle(pending, 'cancelled', decision, ports);
    await ports.cancelCommands(record);
    return `deployment ${runId} is being cancelled`;
  }
  if (!pending) {
    const why = approval
      ? `it was ${approval.decision} by ${nameOf(approval.decidedBy ?? 'somebody')}`
      : 'it does not wait for one';
    throw new RequestRefused(`deployment ${runId} has no open approval: ${why}`);
  }
  const outcome = decision.decision === 'approve' ? 'approved' : 'rejected';
  const { requestedBy, approver } = pending;
  // By name: the same person may come in two roles.
  if (outcome === 'approved' && approver === 'another' && nameOf(by) === nameOf(requestedBy)) {
    throw new RequestRefused(
      `${nameOf(by)} asked for deployment ${runId} and cannot approve it: somebody else must (or reject it)`,
    );
  }
  if (!(await settle(pending, outcome, decision, ports))) {
    throw new RequestRefused(`somebody else decided about deployment ${runId} first`);
  }
  return `deployment ${runId} was ${outcome}`;
}

async function settle(
  approval: Approval,
  outcome: NonNullable<Approval['decision']>,
  { runId, by, comment }: Decision,
  ports: DecideDeploymentPorts,
): Promise<boolean> {
  const at = new Date(ports.now()).toISOString();
  if (!(await ports.recordDecision(runId, outcome, by, at, comment))) return false;
  const said = comment ? `: ${comment}` : '';
  const answers: Record<typeof outcome, TaskAnswer> = {
    approved: { output: { decision: outcome, by, at } },
    rejected: { error: 'Rejected', cause: `${nameOf(by)} rejected the plan${said}` },
    cancelled: { error: 'Cancelled', cause: describeCancellation(nameOf(by), comment || undefined) },
  };
  await ports.answer(approval.taskToken, answers[outcome]);
  return true;
}
