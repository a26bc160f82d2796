import { ArnFormat, Stack } from 'aws-cdk-lib';
import { HOST_TAGS, projectName, stateMachineName } from '../../contract/names.ts';
import type { EnvironmentStorage } from '../environment-storage.ts';
import type { Permission } from '../permissions.ts';

/** These actions know no resource: IAM takes only "*". https://docs.aws.amazon.com/service-authorization/latest/reference/ */
const NO_RESOURCE = 'the action supports no resource-level permissions';

const COME_AND_GO = 'hosts come and go; the condition limits them to those tagged with the environment';

const allow = (actions: string[], resources: string[], because?: string): Permission => ({
  actions,
  resources,
  ...(because ? { because } : {}),
});

/** What functions of a stack may be allowed, in the words of what they do; each takes just what it needs. */
export function functionPermissions(storage: EnvironmentStorage, environment: string) {
  const stack = Stack.of(storage);
  const arn = (service: string, resource: string, resourceName: string) =>
    stack.formatArn({ service, resource, resourceName });
  const states = (resource: string) =>
    stack.formatArn({
      service: 'states',
      resource,
      resourceName: stateMachineName(environment),
      arnFormat: ArnFormat.COLON_RESOURCE_NAME,
    });
  const machine = states('stateMachine');
  const table = [storage.table.tableArn];
  const tagged = (name: string) => ({ StringEquals: { [name]: environment } });
  return {
    machine,
    readTable: allow(['dynamodb:GetItem'], table),
    writeTable: allow(['dynamodb:GetItem', 'dynamodb:PutItem', 'dynamodb:UpdateItem'], table),
    updateTable: allow(['dynamodb:UpdateItem'], table),
    deleteRows: allow(['dynamodb:DeleteItem'], table),
    readStatus: allow(
      ['states:DescribeExecution'],
      [`${states('execution')}:*`],
      'executions have names of their own',
    ),
    startExecution: allow(['states:StartExecution'], [machine]),
    answerTasks: allow(['states:SendTaskSuccess', 'states:SendTaskFailure'], ['*'], NO_RESOURCE),
    readCommands: allow(['ssm:GetCommandInvocation'], ['*'], NO_RESOURCE),
    listCommands: allow(['ssm:ListCommands'], ['*'], NO_RESOURCE),
    cancelCommands: allow(['ssm:CancelCommand'], ['*'], NO_RESOURCE),
    findNodes: allow(['ssm:DescribeInstanceInformation'], ['*'], NO_RESOURCE),
    findHosts: allow(['ec2:DescribeInstances'], ['*'], NO_RESOURCE),
    publish: allow(['sns:Publish'], [storage.topic.topicArn]),
    readBuilds: allow(
      ['codebuild:ListBuildsForProject', 'codebuild:BatchGetBuilds'],
      (['plan', 'apply'] as const).map((build) =>
        arn('codebuild', 'project', projectName(environment, build)),
      ),
    ),
    readBuildLogs: allow(
      ['logs:GetLogEvents'],
      [
        stack.formatArn({
          service: 'logs',
          resource: 'log-group',
          resourceName: `/aws/codebuild/chronos-${environment}-*:*`,
          arnFormat: ArnFormat.COLON_RESOURCE_NAME,
        }),
      ],
      'the logs of the builds: every build has a stream of its own',
    ),
    readParameters: allow(
      ['ssm:GetParameter', 'ssm:GetParameters'],
      [arn('ssm', 'parameter', `chronos/${environment}/*`)],
      'the manifest names the parameters of the environment; secrets stay encrypted for want of kms:Decrypt',
    ),
    writeReports: allow(
      ['s3:PutObject'],
      [storage.bucket.arnForObjects('reports/*')],
      'a report is named after its run',
    ),
    /** Sending these documents to hosts of the environment. */
    send: (...documents: string[]): Permission[] => [
      allow(
        ['ssm:SendCommand'],
        documents.map((name) => arn('ssm', 'document', name)),
      ),
      {
        ...allow(['ssm:SendCommand'], [arn('ec2', 'instance', '*'), arn('ssm', 'managed-instance', '*')]),
        conditions: tagged(`ssm:resourceTag/${HOST_TAGS.environment}`),
        because: COME_AND_GO,
      },
    ],
    snapshot: [
      allow(['ec2:DescribeSnapshots'], ['*'], NO_RESOURCE),
      {
        ...allow(['ec2:CreateSnapshots'], [arn('ec2', 'instance', '*'), arn('ec2', 'volume', '*')]),
        conditions: tagged(`aws:ResourceTag/${HOST_TAGS.environment}`),
        because: COME_AND_GO,
      },
      {
        ...allow(['ec2:CreateSnapshots', 'ec2:CreateTags'], [snapshots(stack)]),
        conditions: tagged(`aws:RequestTag/${HOST_TAGS.environment}`),
        because: 'a snapshot has no name before it is made; it must be tagged with the environment',
      },
    ] satisfies Permission[],
  };
}

/** Snapshots belong to no account in their ARN. */
const snapshots = (stack: Stack): string =>
  stack.formatArn({ service: 'ec2', account: '', resource: 'snapshot', resourceName: '*' });
