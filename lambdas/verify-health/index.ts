import { settingsOf } from '../../lib/contract/manifest.ts';
import type { LockClaim, Run } from '../../lib/contract/run.ts';
import { environmentTable } from '../common/environment-table.ts';
import { guard } from '../common/guard.ts';
import { loadManifest } from '../common/manifest.ts';
import { type HealthAnswer, verifyHealth } from './core.ts';

const REQUEST_MS = 10_000;

interface Event {
  readonly run: Run;
  readonly claim: LockClaim;
  /** ISO 8601. */
  readonly enteredAt: string;
}

export const handler = async ({ run, claim, enteredAt }: Event): Promise<object> => {
  await guard(run, claim, environmentTable());
  const manifest = loadManifest();
  const { healthUrl } = settingsOf(manifest, run.environment);
  const question = { url: healthUrl, commit: run.commit, enteredAt: Date.parse(enteredAt) };
  return await verifyHealth(question, manifest.health, { get, now: () => Date.now() });
};

async function get(url: string): Promise<HealthAnswer> {
  const response = await fetch(url, { signal: AbortSignal.timeout(REQUEST_MS), redirect: 'follow' });
  return { status: response.status, body: await response.text() };
}
