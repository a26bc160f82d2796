import type { Configuration } from './configuration.ts';
import type { RootName } from './infrastructure-roots.ts';
import type { Variables } from './manifest.ts';
import type { Action, Target } from './request.ts';
import type { Backend } from './state-backend.ts';

/** A request with everything decided that can be decided before anything changes. No value of a secret. */
export interface Run {
  /** The execution's name. */
  readonly runId: string;
  readonly executionArn: string;
  readonly environment: string;
  readonly action: Action;
  /** Empty in a run of the foundations, as `commit` and `repository`: no application belongs to them. */
  readonly gitRef: string;
  /** Full SHA-1 of the application's commit. */
  readonly commit: string;
  readonly repository: string;
  readonly targets: readonly Target[];
  readonly requestedBy: string;
  readonly reason: string;
  readonly configuration: Configuration;
  readonly approval: 'always' | 'destructive' | 'never';
  /** `another`: whoever asked for the run cannot approve it. */
  readonly approver: 'anyone' | 'another';
  readonly infrastructure: {
    readonly root: RootName;
    /** Settings of the S3 backend; null for the offline root. */
    readonly backend: Backend | null;
    readonly variables: Variables;
    /** Address of the host that was asked to be replaced; empty for none. */
    readonly replace: string;
  };
  /** Whether the database is dumped before the host is replaced. */
  readonly dumpFirst: boolean;
  /** ISO 8601: no step may begin after it. */
  readonly deadline: string;
  readonly startedAt: string;
  /** Brings back the last good release: such a run is neither cancelled nor stopped by the deadline of the failed one. */
  readonly restoring: boolean;
  /** What served before, when there is such a release. */
  readonly lastRelease: Release | null;
}

/** "v1.4.0 (91e6c24e0059), configuration 3", or nothing where no application belongs to the run. */
export const describeApplication = ({ gitRef, commit, configuration }: Run): string =>
  commit === '' ? '' : `${gitRef} (${commit.slice(0, 12)}), configuration ${configuration.version}`;

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
