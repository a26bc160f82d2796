import { ANSWER, catchInto, functionTask, LAMBDA_SERVICE_RETRY, type States } from './task.ts';

export interface HostStepProps {
  /** What the operator reads while the command runs; the sending state is `Send<name>`. */
  readonly name: string;
  readonly document: 'AwaitSetup' | 'DumpDatabase' | 'WriteEnvFiles' | 'RunInstall';
  /** The variable that holds the run: the failure path brings back another one. */
  readonly run: '$run' | '$restore';
  readonly next: string;
  readonly onError?: string;
  /** Variables that are set when the command is sent. */
  readonly assign?: Readonly<Record<string, unknown>>;
  /** Variables that are set from the host's result. */
  readonly assignAfter?: Readonly<Record<string, unknown>>;
}

const HEARTBEAT_SECONDS = 60;

/**
 * Sends one Command document to the host, then waits for its true outcome. The heartbeat is a look at the
 * command: when it runs out the state asks again, so a lost event costs a minute at most. The command's own
 * deadline decides when it is enough: await-command answers HostStepTimedOut then.
 */
export function hostStep(props: HostStepProps): States {
  const { name, document, run, next } = props;
  const onError = props.onError ?? 'CollectDiagnostics';
  return {
    ...functionTask(`Send${name}`, {
      function: 'SendCommand',
      payload: {
        run: `{% ${run} %}`,
        claim: '{% $claim %}',
        instanceId: '{% $host.instanceId %}',
        step: name,
        document,
      },
      assign: { command: ANSWER, ...props.assign },
      onError,
      next: name,
    }),
    [name]: {
      Type: 'Task',
      Resource: 'arn:aws:states:::lambda:invoke.waitForTaskToken',
      Arguments: {
        FunctionName: '${AwaitCommand}',
        Payload: {
          commandId: '{% $command.commandId %}',
          instanceId: '{% $command.instanceId %}',
          step: '{% $command.step %}',
          deadline: '{% $command.deadline %}',
          taskToken: '{% $states.context.Task.Token %}',
          retryCount: '{% $states.context.State.RetryCount %}',
          runId: `{% ${run}.runId %}`,
          restoring: `{% ${run}.restoring %}`,
        },
      },
      HeartbeatSeconds: HEARTBEAT_SECONDS,
      TimeoutSeconds: 2 * HEARTBEAT_SECONDS,
      Retry: [
        // AWS's histories show a missed heartbeat as States.Timeout, its documentation as States.HeartbeatTimeout.
        {
          ErrorEquals: ['States.HeartbeatTimeout', 'States.Timeout'],
          IntervalSeconds: 1,
          MaxAttempts: 200,
          BackoffRate: 1,
        },
        LAMBDA_SERVICE_RETRY,
      ],
      Catch: catchInto(onError, name),
      ...(props.assignAfter ? { Assign: props.assignAfter } : {}),
      Output: {},
      Next: next,
    },
  };
}
