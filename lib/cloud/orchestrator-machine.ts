import { RemovalPolicy, Stack, Validations } from 'aws-cdk-lib';
import type { Project } from 'aws-cdk-lib/aws-codebuild';
import { Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import type { Version } from 'aws-cdk-lib/aws-lambda';
import { LogGroup, RetentionDays } from 'aws-cdk-lib/aws-logs';
import { DefinitionBody, LogLevel, StateMachine } from 'aws-cdk-lib/aws-stepfunctions';
import { Construct } from 'constructs';
import { grant } from './permissions.ts';

export interface OrchestratorMachineProps {
  readonly name: string;
  /** In the Amazon States Language; `${Name}` stands for a function or a project by its key below. */
  readonly definition: object;
  readonly functions: Readonly<Record<string, Version>>;
  readonly projects: Readonly<Record<string, Project>>;
  /** The projects whose builds end with an execution that is stopped. */
  readonly stoppable: readonly Project[];
}

/** A state machine that invokes functions and runs builds, with a role that may do just that. */
export class OrchestratorMachine extends Construct {
  readonly stateMachine: StateMachine;

  constructor(scope: Construct, id: string, props: OrchestratorMachineProps) {
    super(scope, id);
    const { name, definition, functions, projects, stoppable } = props;
    const logs = new LogGroup(this, 'Log', {
      logGroupName: `/aws/vendedlogs/states/${name}`,
      retention: RetentionDays.THREE_MONTHS,
      removalPolicy: RemovalPolicy.DESTROY,
    });
    const role = new Role(this, 'Role', { assumedBy: new ServicePrincipal('states.amazonaws.com') });
    grant(role, [
      {
        actions: ['lambda:InvokeFunction'],
        resources: Object.values(functions).map((version) => version.functionArn),
      },
      {
        actions: ['codebuild:StartBuild', 'codebuild:BatchGetBuilds'],
        resources: Object.values(projects).map((project) => project.projectArn),
      },
      { actions: ['codebuild:StopBuild'], resources: stoppable.map((project) => project.projectArn) },
      {
        actions: ['events:PutTargets', 'events:PutRule', 'events:DescribeRule'],
        resources: [
          Stack.of(this).formatArn({
            service: 'events',
            resource: 'rule',
            resourceName: 'StepFunctionsGetEventForCodeBuildStartBuildRule',
          }),
        ],
      },
    ]);
    const names = [
      ...Object.entries(functions).map(([key, version]) => [key, version.functionArn]),
      ...Object.entries(projects).map(([key, project]) => [key, project.projectName]),
    ];
    this.stateMachine = new StateMachine(this, 'StateMachine', {
      stateMachineName: name,
      definitionBody: DefinitionBody.fromString(JSON.stringify(definition, null, 2)),
      definitionSubstitutions: Object.fromEntries(names),
      role,
      logs: { destination: logs, level: LogLevel.ALL, includeExecutionData: false },
      tracingEnabled: true,
    });
    Validations.of(role).acknowledge({
      id: 'AwsSolutions-IAM5[Resource::*]',
      reason: 'Delivery of logs and X-Ray segments: these actions support no resource-level permissions.',
    });
  }
}
