import type { LockClaim } from '../../lib/contract/run.ts';
import { environmentTable } from '../common/environment-table.ts';

/** Frees the lock if this execution still holds it. Releasing twice, or what another took over, changes nothing. */
export const handler = async ({ claim }: { claim: LockClaim }): Promise<{ released: boolean }> => {
  const table = environmentTable();
  return { released: await table.freeLock(claim.owner) };
};
