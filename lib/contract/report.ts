import type { Failure } from './failure.ts';
import { nameOf } from './identity.ts';
import { describeApplication, type Run } from './run.ts';

/** How a failed run left the last good release. */
export type Restoration = 'not-needed' | 'restored' | 'failed';

/** What is kept of every deployment that got as far as having a run. No values of parameters. */
export interface Report {
  readonly run: Run;
  readonly outcome: 'succeeded' | 'failed' | 'cancelled' | 'rejected' | 'abandoned';
  readonly plan: string;
  readonly failure: Failure | null;
  readonly restoration: Restoration;
  readonly endedAt: string;
}

export const reportKey = (runId: string): string => `reports/${runId}.json`;

const RESTORED: Record<Restoration, string> = {
  'not-needed': '',
  restored: 'The last good release was brought back and is healthy.',
  failed: 'The last good release could NOT be brought back: the application may be down.',
};

/** The report in a few lines, for a notice. */
export function describeReport({ run, outcome, plan, failure, restoration }: Report): string {
  const application = describeApplication(run);
  return [
    `${run.action} ${run.environment} ${outcome}: ${application && `${application}, `}asked for by ${nameOf(run.requestedBy)}.`,
    ...(plan ? [`Infrastructure: ${plan}.`] : []),
    ...(failure ? [failure.sentence, failure.excerpt] : []),
    RESTORED[restoration],
  ]
    .filter((line) => line !== '')
    .join('\n');
}
