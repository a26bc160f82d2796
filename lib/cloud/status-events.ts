import { Duration } from 'aws-cdk-lib';
import { Match, Rule, Schedule } from 'aws-cdk-lib/aws-events';
import { LambdaFunction } from 'aws-cdk-lib/aws-events-targets';
import type { IFunction } from 'aws-cdk-lib/aws-lambda';
import type { StateMachine } from 'aws-cdk-lib/aws-stepfunctions';
import { Construct } from 'constructs';
import { projectName } from '../contract/names.ts';

export interface StatusEventsProps {
  readonly environment: string;
  readonly stateMachine: StateMachine;
  readonly settleCommand: IFunction;
  readonly closeAbandoned: IFunction;
}

/** Events make it fast, polling makes it right: each of these may be lost, late or doubled. */
export class StatusEvents extends Construct {
  constructor(scope: Construct, id: string, props: StatusEventsProps) {
    super(scope, id);
    const { environment, stateMachine, settleCommand, closeAbandoned } = props;
    new Rule(this, 'CommandEnded', {
      description: 'A command on a host changed its status: whoever awaits it looks',
      eventPattern: {
        source: ['aws.ssm'],
        detailType: ['EC2 Command Invocation Status-change Notification'],
        detail: { 'document-name': Match.prefix(`chronos-${environment}-`) },
      },
      targets: [new LambdaFunction(settleCommand)],
    });
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
    new Rule(this, 'AbandonedCommandEnded', {
      description: 'The last open command of an abandoned execution may have ended',
      eventPattern: {
        source: ['aws.ssm'],
        detailType: ['EC2 Command Invocation Status-change Notification'],
        detail: {
          'document-name': Match.prefix(`chronos-${environment}-`),
          status: ['Success', 'Cancelled', 'Failed', 'TimedOut'],
        },
      },
      targets: [new LambdaFunction(closeAbandoned)],
    });
    new Rule(this, 'Sweep', {
      description: 'Looks for an abandoned deployment: the function returns at once when the lock is free',
      schedule: Schedule.rate(Duration.minutes(5)),
      targets: [new LambdaFunction(closeAbandoned)],
    });
  }
}
