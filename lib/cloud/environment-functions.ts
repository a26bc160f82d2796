import { ArnFormat, Stack } from 'aws-cdk-lib';
import type { Version } from 'aws-cdk-lib/aws-lambda';
import { Construct } from 'constructs';
import { HOST_TAGS, projectName, stateMachineName } from '../contract/names.ts';
import { CommandDocument, type DocumentParameter } from './command-document.ts';
import type { FunctionName } from './deployment-machine/task.ts';
import type { EnvironmentStorage } from './environment-storage.ts';
import { OrchestratorFunction } from './orchestrator-function.ts';
import type { Permission } from './permissions.ts';

export interface EnvironmentFunctionsProps {
  readonly environment: string;
  /** The folder that bundleLambdas made. */
  readonly bundles: string;
  readonly storage: EnvironmentStorage;
}

/** The functions of one environment and the Command documents that they send. Each function has a role of its own. */
export class EnvironmentFunctions extends Construct {
  /** Those that the deployment machine invokes. */
  readonly ofMachine: Readonly<Record<FunctionName, Version>>;
  readonly settleCommand: Version;
  readonly decideDeployment: Version;
  readonly closeAbandoned: Version;

  constructor(scope: Construct, id: string, { environment, bundles, storage }: EnvironmentFunctionsProps) {
    super(scope, id);
    const stack = Stack.of(this);
    const arn = (service: string, resource: string, resourceName: string, account = stack.account) =>
      stack.formatArn({ service, resource, resourceName, account });
    const machineArn = stack.formatArn({
      service: 'states',
      resource: 'stateMachine',
      resourceName: stateMachineName(environment),
      arnFormat: ArnFormat.COLON_RESOURCE_NAME,
    });
    const executionArn = stack.formatArn({
      service: 'states',
      resource: 'execution',
      resourceName: stateMachineName(environment),
      arnFormat: ArnFormat.COLON_RESOURCE_NAME,
    });

    const documents = environmentDocuments(this, environment);
    const documentArns = Object.values(documents).map((name) => arn('ssm', 'document', name));
    const readTable = allow(['dynamodb:GetItem'], [storage.table.tableArn]);
    const writeTable = allow(WRITE_ROWS, [storage.table.tableArn]);
    const readStatus = allow(
      ['states:DescribeExecution'],
      [`${executionArn}:*`],
      'executions have names of their own',
    );
    const answerTasks = allow(['states:SendTaskSuccess', 'states:SendTaskFailure'], ['*'], NO_RESOURCE);
    const readCommands = allow(['ssm:GetCommandInvocation'], ['*'], NO_RESOURCE);
    const cancelCommands = allow(['ssm:CancelCommand'], ['*'], NO_RESOURCE);
    const publish = allow(['sns:Publish'], [storage.topic.topicArn]);
    const readBuilds = allow(
      ['codebuild:ListBuildsForProject', 'codebuild:BatchGetBuilds'],
      [
        arn('codebuild', 'project', projectName(environment, 'plan')),
        arn('codebuild', 'project', projectName(environment, 'apply')),
      ],
    );
    const writeReports = allow(
      ['s3:PutObject'],
      [storage.bucket.arnForObjects('reports/*')],
      'a report is named after its run',
    );
    const sendTo = (sent: string[]) => [
      allow(['ssm:SendCommand'], sent),
      {
        ...allow(['ssm:SendCommand'], [arn('ec2', 'instance', '*'), arn('ssm', 'managed-instance', '*')]),
        conditions: { StringEquals: { [`ssm:resourceTag/${HOST_TAGS.environment}`]: environment } },
        because: 'hosts come and go; the condition limits them to those tagged with the environment',
      },
    ];
    const readResult = [arn('ssm', 'document', documents.ReadResult)];
    const concludeCommands = [
      allow([...WRITE_ROWS, 'dynamodb:DeleteItem'], [storage.table.tableArn]),
      answerTasks,
      readCommands,
      cancelCommands,
      ...sendTo(readResult),
    ];

    const define = (
      name: string,
      description: string,
      statements: readonly Permission[],
      variables: Record<string, string> = {},
    ): Version =>
      new OrchestratorFunction(this, pascal(name), {
        environment,
        name,
        bundles,
        description,
        statements,
        variables: { TABLE_NAME: storage.table.tableName, ...variables },
      }).version;
    const topic = { TOPIC_ARN: storage.topic.topicArn };
    const bucket = { BUCKET_NAME: storage.bucket.bucketName };
    const documentNames = { DOCUMENTS: JSON.stringify(documents) };

    this.ofMachine = {
      ResolveRequest: define('resolve-request', 'Decides all that can be decided before anything changes', [
        readTable,
        allow(
          ['ssm:GetParameter', 'ssm:GetParameters'],
          [arn('ssm', 'parameter', `chronos/${environment}/*`)],
          'the manifest names the parameters of the environment; secrets stay encrypted for want of kms:Decrypt',
        ),
      ]),
      AcquireLock: define('acquire-lock', 'Takes the lock of the environment', [
        writeTable,
        readStatus,
        readCommands,
        readBuilds,
      ]),
      ReviewPlan: define('review-plan', 'Judges the plan against the approval policy', [readTable]),
      RequestApproval: define(
        'request-approval',
        'Asks people to approve the plan',
        [writeTable, publish],
        topic,
      ),
      LocateHost: define('locate-host', 'Finds the dashboard host by its tags', [
        readTable,
        allow(['ec2:DescribeInstances'], ['*'], NO_RESOURCE),
      ]),
      AwaitNode: define('await-node', 'Waits until the host is an online managed node', [
        readTable,
        allow(['ssm:DescribeInstanceInformation'], ['*'], NO_RESOURCE),
      ]),
      SendCommand: define(
        'send-command',
        'Sends the command of a host step once',
        [writeTable, allow(['ssm:ListCommands'], ['*'], NO_RESOURCE), ...sendTo(documentArns)],
        documentNames,
      ),
      AwaitCommand: define(
        'await-command',
        'Registers who awaits a command, and looks at it once',
        concludeCommands,
        documentNames,
      ),
      VerifyHealth: define('verify-health', 'Asks the application whether it is healthy', [readTable]),
      FindEdges: define('find-edges', 'Finds the edge hosts of the environment', [
        readTable,
        allow(['ssm:DescribeInstanceInformation'], ['*'], NO_RESOURCE),
      ]),
      CollectDiagnostics: define('collect-diagnostics', 'Says in one sentence why a deployment failed', [
        allow(
          ['logs:GetLogEvents'],
          [
            stack.formatArn({
              service: 'logs',
              resource: 'log-group',
              resourceName: `/aws/codebuild/chronos-${environment}-*:*`,
              arnFormat: ArnFormat.COLON_RESOURCE_NAME,
            }),
          ],
          'the logs of the two builds: every build has a stream of its own',
        ),
      ]),
      RecordDeployment: define(
        'record-deployment',
        'Writes the report, and the release that a failure goes back to',
        [
          allow(['dynamodb:GetItem', 'dynamodb:PutItem', 'dynamodb:DeleteItem'], [storage.table.tableArn]),
          writeReports,
        ],
        bucket,
      ),
      ReleaseLock: define('release-lock', 'Frees the lock if the execution still holds it', [
        allow(['dynamodb:UpdateItem'], [storage.table.tableArn]),
      ]),
      Notify: define('notify', 'Tells people how a deployment ended', [publish], topic),
    };
    this.settleCommand = define(
      'settle-command',
      'Looks at a command when its status changed',
      concludeCommands,
      documentNames,
    );
    this.decideDeployment = define(
      'decide-deployment',
      'Carries out what people decide: approve, reject, cancel',
      [writeTable, readStatus, answerTasks, readCommands, cancelCommands],
    );
    this.closeAbandoned = define(
      'close-abandoned',
      'Closes what a stopped or timed-out execution left open',
      [
        allow(['dynamodb:GetItem', 'dynamodb:UpdateItem'], [storage.table.tableArn]),
        readStatus,
        readCommands,
        cancelCommands,
        readBuilds,
        allow(['states:StartExecution'], [machineArn]),
        writeReports,
        publish,
      ],
      { ...topic, ...bucket, STATE_MACHINE_ARN: machineArn },
    );
  }
}

function environmentDocuments(scope: Construct, environment: string) {
  const stepParameters = ['RunId', 'Step', 'Fence', 'Seconds', 'Plan'] as const;
  const document = (
    name: string,
    description: string,
    scripts: string[],
    parameters: readonly DocumentParameter[],
  ) =>
    new CommandDocument(scope, `${pascal(name)}Document`, {
      environment,
      name,
      description,
      scripts: ['host.py', ...scripts],
      parameters,
    }).documentName;
  return {
    AwaitSetup: document('await-setup', 'Waits until the host is set up', ['await_setup.py'], stepParameters),
    WriteEnvFiles: document(
      'write-env-files',
      'Checks the application out and writes its env files',
      ['env_files.py', 'write_env_files.py'],
      stepParameters,
    ),
    RunInstall: document(
      'run-install',
      'Runs the install command of the application',
      ['run_install.py'],
      stepParameters,
    ),
    ReadResult: document('read-result', 'Tells what became of a step', ['read_result.py'], ['RunId', 'Step']),
  };
}

const WRITE_ROWS = ['dynamodb:GetItem', 'dynamodb:PutItem', 'dynamodb:UpdateItem'];

const allow = (actions: string[], resources: string[], because?: string): Permission => ({
  actions,
  resources,
  ...(because ? { because } : {}),
});

/** These actions know no resource: IAM takes only "*". https://docs.aws.amazon.com/service-authorization/latest/reference/ */
const NO_RESOURCE = 'the action supports no resource-level permissions';

/** "settle-command" -> "SettleCommand". */
const pascal = (name: string): string =>
  name.replace(/(^|-)([a-z])/g, (_, __, letter: string) => letter.toUpperCase());
