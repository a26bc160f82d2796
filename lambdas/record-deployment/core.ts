import type { Report } from '../../lib/contract/report.ts';
import type { LockClaim, Release } from '../../lib/contract/run.ts';

/** What recording needs from the outside. */
export interface RecordDeploymentPorts {
  holdsLock(claim: LockClaim): Promise<boolean>;
  recordRelease(release: Release): Promise<void>;
  forgetRelease(): Promise<void>;
  writeReport(report: Report): Promise<void>;
  now(): number;
}

export type EndedDeployment = Omit<Report, 'endedAt'> & { readonly claim: LockClaim };

/**
 * Writes the report; after a healthy deployment also the release that a later failure goes back to.
 * Only the lock's owner changes the release.
 */
export async function recordDeployment(
  ended: EndedDeployment,
  ports: RecordDeploymentPorts,
): Promise<Report> {
  const { claim, ...rest } = ended;
  const report: Report = { ...rest, endedAt: new Date(ports.now()).toISOString() };
  const { run, outcome } = report;
  if (outcome === 'succeeded' && (await ports.holdsLock(claim))) {
    if (run.action === 'destroy') await ports.forgetRelease();
    if (run.action === 'apply' || run.action === 'configure') {
      const { runId, commit, gitRef, configuration } = run;
      await ports.recordRelease({ runId, commit, gitRef, configuration, recordedAt: report.endedAt });
    }
  }
  await ports.writeReport(report);
  return report;
}
