import { describe, expect, test } from 'vitest';
import { ACCOUNT, CdkOut } from '../../lib/local/stack/cdk-out.ts';
import { CDK_OUT } from '../support/paths.ts';
import { allows, managedPolicies, roleOf, roles } from '../support/simulation.ts';

const out = new CdkOut(CDK_OUT);

const P = `us-east-1:${ACCOUNT}`;
const machine = (environment: string) => `arn:aws:states:${P}:stateMachine:chronos-${environment}-deployment`;
const project = (environment: string, build: string) =>
  `arn:aws:codebuild:${P}:project/chronos-${environment}-${build}`;
const table = (environment: string) => `arn:aws:dynamodb:${P}:table/chronos-${environment}`;

describe('least privilege', () => {
  test('no role of ours has a managed policy', () => {
    for (const { logicalId, properties } of out.ofType('AWS::IAM::Role'))
      expect(properties.ManagedPolicyArns ?? [], logicalId).toEqual([]);
  });

  test('the simulation sees what is allowed', async () => {
    const role = roleOf('chronos-stage', 'Deployment');
    expect(await allows(role, 'codebuild:StartBuild', project('stage', 'apply'))).toBe(true);
  });

  test('the machine may start both builds of its environment but stop only the plan', async () => {
    const role = roleOf('chronos-stage', 'Deployment');
    expect(await allows(role, 'codebuild:StopBuild', project('stage', 'plan'))).toBe(true);
    expect(await allows(role, 'codebuild:StopBuild', project('stage', 'apply'))).toBe(false);
    expect(await allows(role, 'codebuild:StartBuild', project('prod', 'apply'))).toBe(false);
  });

  test('nobody else may start a build, pass a role, or answer tokens', async () => {
    for (const role of roles) {
      const answers = /DecideDeployment|SettleCommand|AwaitCommand/.test(role.logicalId);
      expect(await allows(role, 'states:SendTaskSuccess', '*'), role.logicalId).toBe(answers);
      expect(await allows(role, 'iam:PassRole', role.arn), role.logicalId).toBe(false);
      const starts = role.logicalId.startsWith('Deployment');
      const environment = role.stack.replace('chronos-', '');
      expect(await allows(role, 'codebuild:StartBuild', project(environment, 'apply')), role.logicalId).toBe(
        starts,
      );
      const checksDrift = role.logicalId.startsWith('DriftCheckMachineRole');
      expect(await allows(role, 'codebuild:StartBuild', project(environment, 'drift')), role.logicalId).toBe(
        checksDrift,
      );
    }
  });

  test('no role of stage reaches prod', async () => {
    const attempts: [string, string][] = [
      ['states:StartExecution', machine('prod')],
      ['states:DescribeExecution', `arn:aws:states:${P}:execution:chronos-prod-deployment:x`],
      ['dynamodb:GetItem', table('prod')],
      ['dynamodb:UpdateItem', table('prod')],
      ['dynamodb:PutItem', table('prod')],
      ['ssm:GetParameters', `arn:aws:ssm:${P}:parameter/chronos/prod/dashboard/x`],
      ['ssm:SendCommand', `arn:aws:ssm:${P}:document/chronos-prod-run-install-000000000000`],
      ['codebuild:StartBuild', project('prod', 'plan')],
      ['lambda:InvokeFunction', `arn:aws:lambda:${P}:function:chronos-prod-decide-deployment:1`],
      ['sns:Publish', `arn:aws:sns:${P}:chronos-prod-notices`],
    ];
    for (const role of roles.filter(({ stack }) => stack === 'chronos-stage')) {
      for (const [action, resource] of attempts) {
        expect(await allows(role, action, resource), `${role.logicalId} ${action}`).toBe(false);
      }
    }
  });

  test('a command goes only to hosts that are tagged with the environment', async () => {
    const role = roleOf('chronos-stage', 'HostsSendCommand');
    const instance = `arn:aws:ec2:${P}:instance/i-0123456789abcdef0`;
    const tagged = (environment: string) => ({ 'ssm:resourceTag/chronos:environment': environment });
    expect(await allows(role, 'ssm:SendCommand', instance, tagged('stage'))).toBe(true);
    expect(await allows(role, 'ssm:SendCommand', instance, tagged('prod'))).toBe(false);
    expect(await allows(role, 'ssm:SendCommand', instance)).toBe(false);
  });

  test('nobody may decrypt a secret: hosts do, by roles of their own', async () => {
    for (const role of roles)
      expect(await allows(role, 'kms:Decrypt', `arn:aws:kms:${P}:key/x`), role.logicalId).toBe(false);
  });

  test('people deploy and decide by the function URL, answer no token, and redrive nothing', async () => {
    const operator = managedPolicies.find(
      ({ stack, logicalId }) => stack === 'chronos-stage' && logicalId.startsWith('Operator'),
    )!;
    const decide = `arn:aws:lambda:${P}:function:chronos-stage-decide-deployment`;
    const execution = `arn:aws:states:${P}:execution:chronos-stage-deployment:x`;
    expect(await allows(operator, 'states:StartExecution', machine('stage'))).toBe(true);
    expect(await allows(operator, 'lambda:InvokeFunctionUrl', decide)).toBe(true);
    expect(await allows(operator, 'lambda:InvokeFunction', decide)).toBe(false);
    expect(await allows(operator, 'states:SendTaskSuccess', '*')).toBe(false);
    expect(await allows(operator, 'states:RedriveExecution', execution)).toBe(false);
    expect(await allows(operator, 'states:StartExecution', machine('prod'))).toBe(false);
    expect(await allows(operator, 'codebuild:StartBuild', project('stage', 'apply'))).toBe(false);
    expect(await allows(operator, 'dynamodb:PutItem', table('stage'))).toBe(false);
  });

  describe('the drift build', () => {
    test('reads, and writes neither a state nor a lock', async () => {
      const drift = roleOf('chronos-stage', 'DriftRole');
      const state = 'arn:aws:s3:::chronos-terraform-state-storage/environments/stage/terraform.tfstate';
      expect(await allows(drift, 's3:GetObject', state)).toBe(true);
      expect(await allows(drift, 's3:PutObject', state)).toBe(false);
      expect(await allows(drift, 's3:PutObject', `${state}.tflock`)).toBe(false);
      expect(
        await allows(drift, 'dynamodb:PutItem', `arn:aws:dynamodb:${P}:table/chronos-terraform-state-locks`),
      ).toBe(false);
      expect(await allows(drift, 'ec2:DescribeInstances', '*')).toBe(true);
    });
  });

  describe('the builds', () => {
    const plan = roleOf('chronos-stage', 'Plan');
    const apply = roleOf('chronos-stage', 'Apply');
    const state = (key: string) => `arn:aws:s3:::chronos-terraform-state-storage/environments/${key}`;
    const instance = `arn:aws:ec2:${P}:instance/i-0123456789abcdef0`;
    const tagged = (environment: string) => ({ 'aws:ResourceTag/chronos:environment': environment });

    test('plan reads and locks its state, and writes nothing', async () => {
      expect(await allows(plan, 's3:GetObject', state('stage/terraform.tfstate'))).toBe(true);
      expect(await allows(plan, 's3:PutObject', state('stage/terraform.tfstate.tflock'))).toBe(true);
      for (const action of [
        'ec2:RunInstances',
        'ec2:TerminateInstances',
        'ec2:ModifyInstanceAttribute',
        'ec2:CreateTags',
      ]) {
        expect(await allows(plan, action, instance, tagged('stage')), action).toBe(false);
      }
      expect(await allows(plan, 's3:PutObject', state('stage/terraform.tfstate'))).toBe(false);
      expect(await allows(plan, 'iam:PassRole', `arn:aws:iam::${ACCOUNT}:role/chronos-stage-host`)).toBe(
        false,
      );
    });

    test('apply writes its own state and changes hosts of its environment, nothing of another', async () => {
      expect(await allows(apply, 's3:PutObject', state('stage/terraform.tfstate'))).toBe(true);
      expect(await allows(apply, 's3:PutObject', state('stage/data.tfstate'))).toBe(false);
      expect(await allows(apply, 's3:PutObject', state('shared/terraform.tfstate'))).toBe(false);
      expect(await allows(apply, 's3:PutObject', state('prod/terraform.tfstate'))).toBe(false);
      expect(await allows(apply, 's3:GetObject', state('prod/terraform.tfstate'))).toBe(false);
      expect(await allows(apply, 'ec2:TerminateInstances', instance, tagged('stage'))).toBe(true);
      expect(await allows(apply, 'ec2:TerminateInstances', instance, tagged('prod'))).toBe(false);
      expect(await allows(apply, 'ec2:TerminateInstances', instance)).toBe(false);
    });

    test('apply makes hosts only with its environment’s tag, and tags none into another', async () => {
      const asked = (environment: string) => ({ 'aws:RequestTag/chronos:environment': environment });
      expect(await allows(apply, 'ec2:RunInstances', instance, asked('stage'))).toBe(true);
      expect(await allows(apply, 'ec2:RunInstances', instance, asked('prod'))).toBe(false);
      expect(await allows(apply, 'ec2:CreateTags', instance, { ...tagged('stage'), ...asked('prod') })).toBe(
        false,
      );
      expect(await allows(apply, 'ec2:CreateTags', instance, tagged('stage'))).toBe(true);
    });

    test('apply passes the role of its own host, to EC2 alone', async () => {
      const role = (environment: string) => `arn:aws:iam::${ACCOUNT}:role/chronos-${environment}-host`;
      const to = (service: string) => ({ 'iam:PassedToService': service });
      expect(await allows(apply, 'iam:PassRole', role('stage'), to('ec2.amazonaws.com'))).toBe(true);
      expect(await allows(apply, 'iam:PassRole', role('stage'), to('lambda.amazonaws.com'))).toBe(false);
      expect(await allows(apply, 'iam:PassRole', role('prod'), to('ec2.amazonaws.com'))).toBe(false);
      expect(await allows(apply, 'iam:CreateRole', role('stage'))).toBe(false);
    });

    test('nothing may destroy what holds data or an address', async () => {
      for (const [action, resource] of [
        ['ec2:DeleteVolume', `arn:aws:ec2:${P}:volume/vol-0123456789abcdef0`],
        ['ec2:ReleaseAddress', `arn:aws:ec2:${P}:elastic-ip/eipalloc-0123456789abcdef0`],
        ['ec2:DeleteVpc', `arn:aws:ec2:${P}:vpc/vpc-0123456789abcdef0`],
        ['s3:DeleteBucket', 'arn:aws:s3:::chronos-terraform-state-storage'],
        ['dynamodb:DeleteTable', `arn:aws:dynamodb:${P}:table/chronos-terraform-state-locks`],
      ] as const) {
        expect(await allows(apply, action, resource, tagged('stage')), action).toBe(false);
      }
    });
  });
});
