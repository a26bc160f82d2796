import { Duration } from 'aws-cdk-lib';
import { Match, Rule, Schedule } from 'aws-cdk-lib/aws-events';
import { LambdaFunction } from 'aws-cdk-lib/aws-events-targets';
import type { IFunction } from 'aws-cdk-lib/aws-lambda';
import type { StateMachine } from 'aws-cdk-lib/aws-stepfunctions';
import { Construct } from 'constructs';
import { projectName } from '../contract/names.ts';

const COMMAND_CHANGED = {
  source: ['aws.ssm'],
  detailType: ['EC2 Command Invocation Status-change Notification'],
};

const documentsOf = (environment: string) => ({ 'document-name': Match.prefix(`chronos-${environment}-`) });

export interface CommandEventsProps {
  readonly environment: string;
  readonly settleCommand: IFunction;
}

/** Events make it fast, polling makes it right: each of these may be lost, late or doubled. */
export class CommandEvents extends Construct {
  constructor(scope: Construct, id: string, { environment, settleCommand }: CommandEventsProps) {
    super(scope, id);
    new Rule(this, 'CommandEnded', {
      description: 'A command on a host changed its status: whoever awaits it looks',
      eventPattern: { ...COMMAND_CHANGED, detail: documentsOf(environment) },
      targets: [new LambdaFunction(settleCommand)],
    });
  }
}

export interface AbandonedEventsProps {
  readonly environment: string;
  readonly stateMachine: StateMachine;
  readonly closeAbandoned: IFunction;
  /** Whether deployments send commands to hosts. */
  readonly hasHosts: boolean;
}

/** When it is worth looking for a deployment that did not close itself; the sweep finds what no event told. */
export class AbandonedEvents extends Construct {
  constructor(scope: Construct, id: string, props: AbandonedEventsProps) {
    super(scope, id);
    const { environment, stateMachine, closeAbandoned, hasHosts } = props;
    new Rule(this, 'ExecutionEnded', {
      description: 'An execution ended that may not have closed itself',
      eventPattern: {
        source: ['aws.states'],
        detailType: ['Step Functions Execution Status Change'],
        detail: {
          stateMachineArn: [stateMachine.stateMachineArn],
          status: ['ABORTED', 'TIMED_OUT', 'FAILED'],
        },
      },
      targets: [new LambdaFunction(closeAbandoned)],
    });
    new Rule(this, 'BuildEnded', {
      description: 'The last open build of an abandoned execution may have ended',
      eventPattern: {
        source: ['aws.codebuild'],
        detailType: ['CodeBuild Build State Change'],
        detail: {
          'project-name': [projectName(environment, 'plan'), projectName(environment, 'apply')],
          'build-status': ['SUCCEEDED', 'FAILED', 'STOPPED'],
        },
      },
      targets: [new LambdaFunction(closeAbandoned)],
    });
    if (hasHosts) {
      new Rule(this, 'AbandonedCommandEnded', {
        description: 'The last open command of an abandoned execution may have ended',
        eventPattern: {
          ...COMMAND_CHANGED,
          detail: { ...documentsOf(environment), status: ['Success', 'Cancelled', 'Failed', 'TimedOut'] },
        },
        targets: [new LambdaFunction(closeAbandoned)],
      });
    }
    new Rule(this, 'Sweep', {
      description: 'Looks for an abandoned deployment: the function returns at once when the lock is free',
      schedule: Schedule.rate(Duration.minutes(5)),
      targets: [new LambdaFunction(closeAbandoned)],
    });
  }
}
