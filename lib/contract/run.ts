import type { Configuration } from './configuration.ts';
import type { Action, Target } from './request.ts';

/** A request with everything decided that can be decided before anything changes. No value of a secret. */
export interface Run {
  /** The execution's name. */
  readonly runId: string;
  readonly executionArn: string;
  readonly environment: string;
  readonly action: Action;
  readonly gitRef: string;
  /** Full SHA-1 of the application's commit. */
  readonly commit: string;
  readonly repository: string;
  readonly targets: readonly Target[];
  readonly requestedBy: string;
  readonly reason: string;
  readonly configuration: Configuration;
  readonly approval: 'always' | 'destructive' | 'never';
  readonly infrastructure: {
    readonly root: string;
    /** Settings of the S3 backend; null for the offline root. */
    readonly backend: Backend | null;
    readonly variables: Readonly<Record<string, string | number | boolean>>;
  };
  /** ISO 8601: no step may begin after it. */
  readonly deadline: string;
  readonly startedAt: string;
  /** Brings back the last good release: such a run is neither cancelled nor stopped by the deadline of the failed one. */
  readonly restoring: boolean;
  /** What served before, when there is such a release. */
  readonly lastRelease: Release | null;
}

/** Where a root's state is, as OpenTofu's S3 backend names it. */
export interface Backend {
  readonly bucket: string;
  readonly key: string;
  readonly region: string;
  readonly dynamodb_table: string;
}

/** A release that passed its health check. */
export interface Release {
  readonly runId: string;
  readonly commit: string;
  readonly gitRef: string;
  readonly configuration: Configuration;
  readonly recordedAt: string;
}

/** The right to change an environment: every mutating step shows it. */
export interface LockClaim {
  readonly owner: string;
  /** Grows by one each time the lock is taken; a lower one is refused everywhere. */
  readonly fence: number;
}
