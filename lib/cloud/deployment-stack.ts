import { Duration, Stack, type StackProps } from 'aws-cdk-lib';
import type { Version } from 'aws-cdk-lib/aws-lambda';
import { Asset } from 'aws-cdk-lib/aws-s3-assets';
import type { Construct } from 'constructs';
import type { Foundations } from '../contract/manifest.ts';
import { stateMachineName } from '../contract/names.ts';
import { lockStates, readStates, type StateAccess, writeStates } from './build-permissions/state-access.ts';
import { BuildProject } from './build-project.ts';
import { deploymentDefinition } from './deployment-machine/definition.ts';
import type { HostFunction } from './deployment-machine/task.ts';
import { DriftCheck } from './drift-check.ts';
import { EnvironmentStorage } from './environment-storage.ts';
import { DeploymentFunctions } from './functions/deployment-functions.ts';
import type { FunctionFactoryProps } from './functions/function-factory.ts';
import { OperatorPolicy } from './operator-policy.ts';
import { OrchestratorMachine } from './orchestrator-machine.ts';
import type { Permission } from './permissions.ts';
import { AbandonedEvents } from './status-events.ts';

export interface DeploymentStackProps extends StackProps {
  readonly environment: string;
  /** The folder that bundleLambdas made. */
  readonly bundles: string;
  /** The folder that bundleBuildSource made. */
  readonly buildSource: string;
  readonly foundations: Foundations;
}

/** What the builds of a stack may do beside reading and locking their states. */
export interface RootPermissions extends Pick<StateAccess, 'own' | 'read'> {
  readonly reading: readonly Permission[];
  readonly changing: readonly Permission[];
}

/**
 * All that deploys one environment, or what the environments stand on, and nothing that could deploy another:
 * IAM cannot see an execution's input.
 */
export abstract class DeploymentStack extends Stack {
  protected readonly storage: EnvironmentStorage;
  readonly #props: DeploymentStackProps;

  constructor(scope: Construct, id: string, props: DeploymentStackProps) {
    super(scope, id, props);
    this.#props = props;
    this.storage = new EnvironmentStorage(this, 'Storage', props);
  }

  protected get functionProps(): FunctionFactoryProps {
    const { environment, bundles } = this.#props;
    return { environment, bundles, storage: this.storage };
  }

  /** Functions, builds, machine and events, in the order in which a deployment meets them. */
  protected deployWith(
    roots: RootPermissions,
    hostFunctions?: Readonly<Record<HostFunction, Version>>,
  ): void {
    const { environment, buildSource, foundations } = this.#props;
    const { storage } = this;
    const functions = new DeploymentFunctions(this, 'Functions', this.functionProps);
    const source = new Asset(this, 'BuildSource', { path: buildSource });
    const states = { stack: this, foundations, own: roots.own, read: roots.read };
    const readTable = { actions: ['dynamodb:GetItem'], resources: [storage.table.tableArn] };
    const common = {
      environment,
      source,
      bucket: storage.bucket,
      variables: { TABLE_NAME: storage.table.tableName },
    };
    const plan = new BuildProject(this, 'Plan', {
      ...common,
      build: 'plan',
      description: `Plans the infrastructure of Chronos ${environment}`,
      timeout: Duration.minutes(25),
      statements: [readTable, ...readStates(states), ...lockStates(states), ...roots.reading],
    });
    const apply = new BuildProject(this, 'Apply', {
      ...common,
      build: 'apply',
      description: `Applies approved plans of Chronos ${environment}`,
      timeout: Duration.minutes(85),
      statements: [
        readTable,
        ...readStates(states),
        ...lockStates(states),
        ...writeStates(states),
        ...roots.reading,
        ...roots.changing,
      ],
    });
    const machine = new OrchestratorMachine(this, 'Deployment', {
      name: stateMachineName(environment),
      definition: deploymentDefinition(hostFunctions ? 'hosts' : 'infrastructure'),
      functions: { ...functions.ofMachine, ...hostFunctions },
      projects: { PlanProject: plan.project, ApplyProject: apply.project },
      // Not the apply build: an aborted execution lets it finish.
      stoppable: [plan.project],
    });
    const drift = new BuildProject(this, 'Drift', {
      ...common,
      build: 'drift',
      description: `Compares Chronos ${environment} with its state, and changes nothing`,
      timeout: Duration.minutes(25),
      statements: [...readStates(states), ...roots.reading],
    });
    new DriftCheck(this, 'DriftCheck', { ...this.functionProps, project: drift.project });
    new AbandonedEvents(this, 'Events', {
      environment,
      stateMachine: machine.stateMachine,
      closeAbandoned: functions.closeAbandoned,
      hasHosts: hostFunctions !== undefined,
    });
    new OperatorPolicy(this, 'Operator', { environment, storage });
  }
}
