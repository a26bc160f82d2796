import type { Version } from 'aws-cdk-lib/aws-lambda';
import { Construct } from 'constructs';
import type { DeploymentFunction } from '../deployment-machine/task.ts';
import { type FunctionFactoryProps, functionFactory } from './function-factory.ts';
import { functionPermissions } from './function-permissions.ts';

/** The functions of every deployment, whether it ends on a host or not. */
export class DeploymentFunctions extends Construct {
  /** Those that the deployment machine invokes. */
  readonly ofMachine: Readonly<Record<DeploymentFunction, Version>>;
  readonly closeAbandoned: Version;

  constructor(scope: Construct, id: string, props: FunctionFactoryProps) {
    super(scope, id);
    const { environment, storage } = props;
    const may = functionPermissions(storage, environment);
    const define = functionFactory(this, props);
    const topic = { TOPIC_ARN: storage.topic.topicArn };
    const bucket = { BUCKET_NAME: storage.bucket.bucketName };
    this.ofMachine = {
      ResolveRequest: define('resolve-request', 'Decides all that can be decided before anything changes', [
        may.readTable,
        may.readParameters,
      ]).version,
      AcquireLock: define('acquire-lock', 'Takes the lock of the environment', [
        may.writeTable,
        may.readStatus,
        may.readCommands,
        may.readBuilds,
      ]).version,
      ReviewPlan: define('review-plan', 'Judges the plan against the approval policy', [may.readTable])
        .version,
      RequestApproval: define(
        'request-approval',
        'Asks people to approve the plan',
        [may.writeTable, may.publish],
        topic,
      ).version,
      CollectDiagnostics: define('collect-diagnostics', 'Says in one sentence why a deployment failed', [
        may.readBuildLogs,
      ]).version,
      RecordDeployment: define(
        'record-deployment',
        'Writes the report, and the release that a failure goes back to',
        [may.readTable, may.writeTable, may.deleteRows, may.writeReports],
        bucket,
      ).version,
      ReleaseLock: define('release-lock', 'Frees the lock if the execution still holds it', [may.updateTable])
        .version,
      Notify: define('notify', 'Tells people how a deployment ended', [may.publish], topic).version,
    };
    define('decide-deployment', 'Carries out what people decide: approve, reject, cancel', [
      may.writeTable,
      may.readStatus,
      may.answerTasks,
      may.readCommands,
      may.cancelCommands,
    ]).addIamUrl();
    this.closeAbandoned = define(
      'close-abandoned',
      'Closes what a stopped or timed-out execution left open',
      [
        may.writeTable,
        may.readStatus,
        may.readCommands,
        may.cancelCommands,
        may.readBuilds,
        may.startExecution,
        may.writeReports,
        may.publish,
      ],
      { ...topic, ...bucket, STATE_MACHINE_ARN: may.machine },
    ).version;
  }
}
