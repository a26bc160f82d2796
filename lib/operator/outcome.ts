import type { ExecutionStatus } from '@aws-sdk/client-sfn';

/** What the command's exit code says. */
export const EXIT = { succeeded: 0, failed: 1, badRequest: 2, rejectedOrCancelled: 3 } as const;

/** A request that cannot be carried out as it stands: exit code 2. */
export class BadRequest extends Error {
  override readonly name = 'BadRequest';
}

/** How an execution ended. */
export interface Ended {
  readonly status: ExecutionStatus;
  readonly error?: string | undefined;
  readonly cause?: string | undefined;
  readonly output?: Record<string, unknown> | undefined;
}

export function exitCodeOf({ status, error }: Ended): number {
  if (status === 'SUCCEEDED') return EXIT.succeeded;
  if (error === 'RequestRefused') return EXIT.badRequest;
  return error === 'Rejected' || error === 'Cancelled' ? EXIT.rejectedOrCancelled : EXIT.failed;
}
