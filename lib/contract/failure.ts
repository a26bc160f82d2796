/** Why a deployment did not succeed, in the words that people read. */
export interface Failure {
  /** The error's name, for example "HostStepFailed". */
  readonly error: string;
  /** One sentence: which state, and what happened. */
  readonly sentence: string;
  /** The end of the log that shows it; empty when there is none. */
  readonly excerpt: string;
  readonly outcome: 'failed' | 'cancelled' | 'rejected';
  /** Whether the last good release has to be brought back. */
  readonly restore: boolean;
}
