import { RemovalPolicy, Stack, Validations } from 'aws-cdk-lib';
import type { Project } from 'aws-cdk-lib/aws-codebuild';
import { Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import type { Version } from 'aws-cdk-lib/aws-lambda';
import { LogGroup, RetentionDays } from 'aws-cdk-lib/aws-logs';
import { DefinitionBody, LogLevel, StateMachine } from 'aws-cdk-lib/aws-stepfunctions';
import { Construct } from 'constructs';
import { stateMachineName } from '../contract/names.ts';
import { deploymentDefinition } from './deployment-machine/definition.ts';
import type { FunctionName } from './deployment-machine/task.ts';
import { grant } from './permissions.ts';

export interface DeploymentMachineProps {
  readonly environment: string;
  readonly functions: Readonly<Record<FunctionName, Version>>;
  readonly planProject: Project;
  readonly applyProject: Project;
}

/** The state machine whose executions are the deployments of one environment. */
export class DeploymentMachine extends Construct {
  readonly stateMachine: StateMachine;

  constructor(scope: Construct, id: string, props: DeploymentMachineProps) {
    super(scope, id);
    const { functions, planProject, applyProject } = props;
    const name = stateMachineName(props.environment);
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
        resources: [planProject.projectArn, applyProject.projectArn],
      },
      // Not the apply build: an aborted execution lets it finish.
      { actions: ['codebuild:StopBuild'], resources: [planProject.projectArn] },
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
    const versions = Object.entries(functions).map(([key, version]) => [key, version.functionArn]);
    this.stateMachine = new StateMachine(this, 'StateMachine', {
      stateMachineName: name,
      definitionBody: DefinitionBody.fromString(JSON.stringify(deploymentDefinition(), null, 2)),
      definitionSubstitutions: {
        ...Object.fromEntries(versions),
        PlanProject: planProject.projectName,
        ApplyProject: applyProject.projectName,
      },
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
