/**
 * Every error that a state machine, an operator or a script matches on by name.
 * A message says what was wrong, where, and what to do.
 */
export abstract class ChronosError extends Error {
  /** A literal in each class: bundling may rename classes, state machines match on this. */
  abstract override readonly name: string;
}

/** The request cannot be carried out as it stands; the message names every problem. */
export class RequestRefused extends ChronosError {
  override readonly name = 'RequestRefused';
}
/** config/chronos.yaml does not say what it must. */
export class ManifestInvalid extends ChronosError {
  override readonly name = 'ManifestInvalid';
}
/** Another deployment of the environment holds the lock. Retried up to a limit. */
export class LockHeld extends ChronosError {
  override readonly name = 'LockHeld';
}
/** This execution no longer holds the lock: nothing more may be changed by it. */
export class LockLost extends ChronosError {
  override readonly name = 'LockLost';
}
/** A person asked for the end of the deployment. */
export class Cancelled extends ChronosError {
  override readonly name = 'Cancelled';
}
/** The deployment's own deadline has passed. */
export class DeadlinePassed extends ChronosError {
  override readonly name = 'DeadlinePassed';
}
/** No running host carries the environment's tags. */
export class HostNotFound extends ChronosError {
  override readonly name = 'HostNotFound';
}
/** The host is not yet, or no longer, a managed node that answers. Retried up to a limit. */
export class NodeNotReady extends ChronosError {
  override readonly name = 'NodeNotReady';
}
/** The host's SSM agent is older than the documents need. */
export class AgentTooOld extends ChronosError {
  override readonly name = 'AgentTooOld';
}
/** The application does not answer as a healthy one. Retried up to a limit. */
export class HealthCheckFailed extends ChronosError {
  override readonly name = 'HealthCheckFailed';
}
/** The snapshot is being made: the state machine asks again. */
export class SnapshotNotReady extends ChronosError {
  override readonly name = 'SnapshotNotReady';
}
/** The host must not be replaced: its disks could not be kept. */
export class SnapshotFailed extends ChronosError {
  override readonly name = 'SnapshotFailed';
}
/** Not healthy yet, but there is time: the state machine asks again. */
export class HealthNotReady extends ChronosError {
  override readonly name = 'HealthNotReady';
}
/** Edge hosts exist, but this version cannot deploy to them. */
export class EdgeRolloutUnsupported extends ChronosError {
  override readonly name = 'EdgeRolloutUnsupported';
}
/** The plan that was built is not the plan that was reviewed, or its record is incomplete. */
export class PlanRefused extends ChronosError {
  override readonly name = 'PlanRefused';
}

/** Errors that nobody throws: a task that waits is answered with them. */
export type AnsweredError =
  /** A script on the host said that it failed. */
  | 'HostStepFailed'
  /** A script on the host ended without a result, and the host, asked again, had none. */
  | 'HostStepLost'
  /** The step's deadline passed while its command had not ended. */
  | 'HostStepTimedOut'
  /** The host has seen a deployment with a higher fencing number. */
  | 'LockLost'
  /** A person refused the plan. The state itself says so when nobody answered in time. */
  | 'Rejected'
  /** A person asked for the end of the deployment. */
  | 'Cancelled';

/** One sentence about who cancelled a deployment and why. */
export const describeCancellation = (by: string, reason = 'no reason given'): string =>
  `${by} cancelled the deployment: ${reason}`;

/** The text of any thrown value. */
export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
