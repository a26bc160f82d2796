import { Duration } from 'aws-cdk-lib';
import type { Project } from 'aws-cdk-lib/aws-codebuild';
import { Rule, Schedule } from 'aws-cdk-lib/aws-events';
import { SfnStateMachine } from 'aws-cdk-lib/aws-events-targets';
import { Construct } from 'constructs';
import { driftMachineName } from '../contract/names.ts';
import { driftDefinition } from './drift-check/definition.ts';
import { type FunctionFactoryProps, functionFactory } from './functions/function-factory.ts';
import { functionPermissions } from './functions/function-permissions.ts';
import { OrchestratorMachine } from './orchestrator-machine.ts';

export interface DriftCheckProps extends FunctionFactoryProps {
  /** Compares with a role that can only read. */
  readonly project: Project;
}

/** Looks once a day whether the infrastructure is still what its state says. */
export class DriftCheck extends Construct {
  constructor(scope: Construct, id: string, props: DriftCheckProps) {
    super(scope, id);
    const { environment, storage, project } = props;
    const may = functionPermissions(storage, environment);
    const define = functionFactory(this, props);
    const begin = define('begin-drift-check', 'Decides whether this is a time to look for drift', [
      may.readTable,
    ]);
    const judge = define(
      'judge-drift',
      'Tells people what drifted and since when',
      [may.writeTable, may.deleteRows, may.publish],
      { TOPIC_ARN: storage.topic.topicArn },
    );
    const { stateMachine } = new OrchestratorMachine(this, 'Machine', {
      name: driftMachineName(environment),
      definition: driftDefinition(),
      functions: { BeginDriftCheck: begin.version, JudgeDrift: judge.version },
      projects: { DriftProject: project },
      stoppable: [project],
    });
    new Rule(this, 'Daily', {
      description: 'Looks for drift once a day',
      schedule: Schedule.rate(Duration.days(1)),
      targets: [new SfnStateMachine(stateMachine)],
    });
  }
}
