import { Duration, Stack, type StackProps } from 'aws-cdk-lib';
import { Asset } from 'aws-cdk-lib/aws-s3-assets';
import type { Construct } from 'constructs';
import type { InfrastructureState } from '../contract/manifest.ts';
import { applyPermissions, planPermissions } from './build-permissions.ts';
import { BuildProject } from './build-project.ts';
import { DeploymentMachine } from './deployment-machine.ts';
import { EnvironmentFunctions } from './environment-functions.ts';
import { EnvironmentStorage } from './environment-storage.ts';
import { StatusEvents } from './status-events.ts';

export interface EnvironmentStackProps extends StackProps {
  readonly environment: string;
  /** The folder that bundleLambdas made. */
  readonly bundles: string;
  /** The folder that bundleBuildSource made. */
  readonly buildSource: string;
  /** Where the roots keep their states. */
  readonly infrastructureState: InfrastructureState;
}

/** All that deploys one environment, and nothing that could deploy another: IAM cannot see an execution's input. */
export class EnvironmentStack extends Stack {
  readonly machine: DeploymentMachine;

  constructor(scope: Construct, id: string, props: EnvironmentStackProps) {
    super(scope, id, { ...props, description: `Deploys Chronos ${props.environment}` });
    const { environment, bundles, buildSource } = props;
    const storage = new EnvironmentStorage(this, 'Storage', { environment });
    const functions = new EnvironmentFunctions(this, 'Functions', { environment, bundles, storage });
    const source = new Asset(this, 'BuildSource', { path: buildSource });
    const shared = { environment, source, plans: storage.bucket };
    const variables = { TABLE_NAME: storage.table.tableName };
    const readTable = { actions: ['dynamodb:GetItem'], resources: [storage.table.tableArn] };
    const roots = { stack: this, environment, state: props.infrastructureState };
    const plan = new BuildProject(this, 'Plan', {
      ...shared,
      build: 'plan',
      description: `Plans the infrastructure of Chronos ${environment}`,
      variables,
      timeout: Duration.minutes(25),
      statements: [readTable, ...planPermissions(roots)],
    });
    const apply = new BuildProject(this, 'Apply', {
      ...shared,
      build: 'apply',
      description: `Applies approved plans of Chronos ${environment}`,
      variables,
      timeout: Duration.minutes(85),
      statements: [readTable, ...applyPermissions(roots)],
    });
    this.machine = new DeploymentMachine(this, 'Deployment', {
      environment,
      functions: functions.ofMachine,
      planProject: plan.project,
      applyProject: apply.project,
    });
    new StatusEvents(this, 'Events', {
      environment,
      stateMachine: this.machine.stateMachine,
      settleCommand: functions.settleCommand,
      closeAbandoned: functions.closeAbandoned,
    });
  }
}
