/**
 * An error as a state machine sees it: a name that Retry and Catch match on, and a cause.
 * Either may be missing: SendTaskFailure and Fail need not give them.
 */
export class StateError extends Error {
  readonly error: string | undefined;
  override readonly cause: string | undefined;
  /** Where a query failed ("Output/result"): such an error adds an EvaluationFailed event. */
  readonly location: string | undefined;
  /** Every name under which Retry and Catch may ask for it, beside the wildcards. */
  readonly names: readonly (string | undefined)[];
  /** Only its own name matches it, States.ALL does not. */
  readonly escapesAll: boolean;

  constructor(
    error: string | undefined,
    cause?: string,
    options: { location?: string; alias?: string; escapesAll?: boolean } = {},
  ) {
    super(cause ?? error ?? 'unnamed error');
    this.name = 'StateError';
    this.error = error;
    this.cause = cause;
    this.location = options.location;
    this.names = options.alias ? [error, options.alias] : [error];
    this.escapesAll = options.escapesAll ?? error === 'States.Runtime';
  }
}

/**
 * The state's own time or heartbeat ran out. AWS's recorded histories show States.Timeout and no cause
 * for both; its documentation names States.HeartbeatTimeout, so a missed heartbeat answers to both names.
 */
export function stateTimeout(which: 'timeout' | 'heartbeat'): StateError {
  return new StateError(
    'States.Timeout',
    undefined,
    which === 'heartbeat' ? { alias: 'States.HeartbeatTimeout' } : {},
  );
}

/** Ends a branch from outside: the execution was stopped or timed out, or a sibling branch failed. */
export class Aborted extends Error {
  constructor() {
    super('aborted');
    this.name = 'Aborted';
  }
}

/** A definition that the interpreter refuses to load. */
export class InvalidDefinition extends Error {
  readonly problems: readonly string[];

  constructor(problems: readonly string[]) {
    super(problems.join('; '));
    this.name = 'InvalidDefinition';
    this.problems = problems;
  }
}

/**
 * States.ALL matches all but what escapes it (States.Runtime, a state's own States.DataLimitExceeded);
 * States.TaskFailed also leaves out States.Timeout. An oversized result of a function is caught by
 * States.ALL, as AWS's recordings show.
 * https://docs.aws.amazon.com/step-functions/latest/dg/concepts-error-handling.html
 */
export function matchesError(patterns: readonly string[], error: StateError): boolean {
  return patterns.some((pattern) => {
    if (pattern === 'States.ALL') return !error.escapesAll;
    if (pattern === 'States.TaskFailed') return !error.escapesAll && error.error !== 'States.Timeout';
    return error.names.includes(pattern);
  });
}
