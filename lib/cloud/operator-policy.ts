import { ArnFormat, Stack } from 'aws-cdk-lib';
import { Effect, ManagedPolicy, PolicyStatement } from 'aws-cdk-lib/aws-iam';
import { Construct } from 'constructs';
import { driftMachineName, functionName, stateMachineName } from '../contract/names.ts';
import type { EnvironmentStorage } from './environment-storage.ts';
import { type Permission, policyStatements, reasonsFor } from './permissions.ts';

export interface OperatorPolicyProps {
  readonly environment: string;
  readonly storage: EnvironmentStorage;
}

/**
 * What a person needs to deploy the environment with the chronos command: attach it to people's permission sets.
 * They decide by the function URL, which tells the function who they are; they can neither answer a task token
 * nor redrive an execution.
 */
export class OperatorPolicy extends Construct {
  constructor(scope: Construct, id: string, { environment, storage }: OperatorPolicyProps) {
    super(scope, id);
    const stack = Stack.of(this);
    const states = (resource: string, name: string) =>
      stack.formatArn({
        service: 'states',
        resource,
        resourceName: name,
        arnFormat: ArnFormat.COLON_RESOURCE_NAME,
      });
    const machines = [stateMachineName(environment), driftMachineName(environment)];
    const decide = stack.formatArn({
      service: 'lambda',
      resource: 'function',
      resourceName: functionName(environment, 'decide-deployment'),
      arnFormat: ArnFormat.COLON_RESOURCE_NAME,
    });
    const permissions: Permission[] = [
      {
        actions: ['states:StartExecution', 'states:ListExecutions', 'states:DescribeStateMachine'],
        resources: machines.map((name) => states('stateMachine', name)),
      },
      {
        actions: ['states:DescribeExecution', 'states:GetExecutionHistory', 'states:StopExecution'],
        resources: machines.map((name) => states('execution', `${name}:*`)),
        because: 'executions have names of their own',
      },
      { actions: ['lambda:InvokeFunctionUrl', 'lambda:GetFunctionUrlConfig'], resources: [decide] },
      {
        // Function URLs made since October 2025 need both; a direct invocation could claim to be anybody.
        actions: ['lambda:InvokeFunction'],
        resources: [decide],
        conditions: { Bool: { 'lambda:InvokedViaFunctionUrl': 'true' } },
      },
      { actions: ['dynamodb:GetItem'], resources: [storage.table.tableArn] },
      {
        actions: ['ssm:GetParameter', 'ssm:GetParameters', 'ssm:PutParameter'],
        resources: [
          stack.formatArn({
            service: 'ssm',
            resource: 'parameter',
            resourceName: `chronos/${environment}/*`,
          }),
        ],
        because: 'the manifest names the parameters of the environment',
      },
      { actions: ['sts:GetCallerIdentity'], resources: ['*'], because: 'the action supports no resource' },
    ];
    const policy = new ManagedPolicy(this, 'Policy', {
      managedPolicyName: `chronos-${environment}-operator`,
      description: `Deploys Chronos ${environment} with the chronos command`,
      statements: [
        ...policyStatements(permissions),
        new PolicyStatement({
          effect: Effect.DENY,
          actions: ['states:RedriveExecution', 'states:SendTaskSuccess', 'states:SendTaskFailure'],
          resources: ['*'],
        }),
      ],
    });
    reasonsFor(policy, permissions);
  }
}
