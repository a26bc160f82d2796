/** A state in the Amazon States Language, JSONata. */
export type StateDefinition = Readonly<Record<string, unknown>>;
/** States by the names that an operator reads in the execution graph. */
export type States = Readonly<Record<string, StateDefinition>>;

/** Where a deployment ends: on hosts, or with the infrastructure that others stand on. */
export type DeploymentKind = 'hosts' | 'infrastructure';

/** Functions of every deployment. */
export type DeploymentFunction =
  | 'ResolveRequest'
  | 'AcquireLock'
  | 'ReviewPlan'
  | 'RequestApproval'
  | 'CollectDiagnostics'
  | 'RecordDeployment'
  | 'ReleaseLock'
  | 'Notify';

/** Functions of a deployment that ends on a host. */
export type HostFunction =
  | 'LocateHost'
  | 'SnapshotHost'
  | 'AwaitNode'
  | 'SendCommand'
  | 'AwaitCommand'
  | 'VerifyHealth'
  | 'FindEdges';

/** Functions of the drift check. */
export type DriftFunction = 'BeginDriftCheck' | 'JudgeDrift';

/** Faults of the Lambda service, not of our code. https://docs.aws.amazon.com/step-functions/latest/dg/connect-lambda.html */
export const LAMBDA_SERVICE_RETRY = {
  ErrorEquals: [
    'Lambda.ServiceException',
    'Lambda.AWSLambdaException',
    'Lambda.SdkClientException',
    'Lambda.TooManyRequestsException',
  ],
  IntervalSeconds: 2,
  MaxAttempts: 6,
  BackoffRate: 2,
  JitterStrategy: 'FULL',
};

/** Seconds for one invocation: more than the function's own time-out, so that its error is the one seen. */
const INVOCATION_SECONDS = 90;

/** Leads every error of a state on; States.ALL does not match States.DataLimitExceeded. */
export function catchAll(Next: string, Assign: StateDefinition = {}): StateDefinition[] {
  return [['States.DataLimitExceeded'], ['States.ALL']].map((ErrorEquals) => ({ ErrorEquals, Assign, Next }));
}

/** Leads every error of a state to the failure path, which knows then where it happened. */
export const catchInto = (next: string, state: string): StateDefinition[] =>
  catchAll(next, { failedState: state, caught: '{% $states.errorOutput %}' });

export interface FunctionTaskProps {
  /** Key of the function among those of the machine: a placeholder `${Name}` that the stack replaces by a version's ARN. */
  readonly function: DeploymentFunction | HostFunction | DriftFunction;
  readonly payload: Readonly<Record<string, unknown>>;
  readonly next: string;
  /** Retriers before the one for faults of the Lambda service. */
  readonly retry?: readonly StateDefinition[];
  /** Variables taken from the function's answer. */
  readonly assign?: Readonly<Record<string, unknown>>;
  /** Where every error leads; default CollectDiagnostics. */
  readonly onError?: string;
  readonly comment?: string;
}

/** The answer of the function that a state invoked. */
export const ANSWER = '{% $states.result.Payload %}';

/** A Task that invokes a function and passes its answer on in variables. */
export function functionTask(name: string, props: FunctionTaskProps): States {
  return {
    [name]: {
      Type: 'Task',
      ...(props.comment ? { Comment: props.comment } : {}),
      Resource: 'arn:aws:states:::lambda:invoke',
      Arguments: { FunctionName: `\${${props.function}}`, Payload: props.payload },
      TimeoutSeconds: INVOCATION_SECONDS,
      Retry: [...(props.retry ?? []), LAMBDA_SERVICE_RETRY],
      Catch: catchInto(props.onError ?? 'CollectDiagnostics', name),
      ...(props.assign ? { Assign: props.assign } : {}),
      Output: {},
      Next: props.next,
    },
  };
}
