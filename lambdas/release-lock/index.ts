import type { LockClaim } from '../../lib/contract/run.ts';
import { DeploymentTable } from '../common/deployment-table.ts';
import { setting } from '../common/environment.ts';

/** Frees the lock if this execution still holds it. Releasing twice, or what another took over, changes nothing. */
export const handler = async ({ claim }: { claim: LockClaim }): Promise<{ released: boolean }> => {
  const table = new DeploymentTable(setting('TABLE_NAME'));
  return { released: await table.freeLock(claim.owner) };
};
