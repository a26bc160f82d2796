import type { LockClaim, Run } from '../../lib/contract/run.ts';
import { environmentTable } from '../common/environment-table.ts';
import type { ExportedVariables } from '../common/exported-variables.ts';
import { guard } from '../common/guard.ts';
import { type PlanReview, reviewPlan } from './core.ts';

interface Event {
  readonly run: Run;
  readonly claim: LockClaim;
  readonly exported: ExportedVariables | null;
}

export const handler = async ({ run, claim, exported }: Event): Promise<PlanReview> => {
  await guard(run, claim, environmentTable());
  return reviewPlan(run, exported);
};
