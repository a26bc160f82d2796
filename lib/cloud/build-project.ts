import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Duration, RemovalPolicy } from 'aws-cdk-lib';
import {
  Artifacts,
  BuildSpec,
  Cache,
  ComputeType,
  LinuxBuildImage,
  Project,
  Source,
} from 'aws-cdk-lib/aws-codebuild';
import { Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import { Alias } from 'aws-cdk-lib/aws-kms';
import { LogGroup, RetentionDays } from 'aws-cdk-lib/aws-logs';
import type { Bucket } from 'aws-cdk-lib/aws-s3';
import type { Asset } from 'aws-cdk-lib/aws-s3-assets';
import { Construct } from 'constructs';
import { parse } from 'yaml';
import { type Build, projectName } from '../contract/names.ts';
import { grant, type Permission } from './permissions.ts';

export interface BuildProjectProps {
  readonly environment: string;
  readonly build: Build;
  readonly description: string;
  /** The roots and the scripts of the buildspec. */
  readonly source: Asset;
  /** The plan build writes plans here, the apply build reads them. */
  readonly bucket: Bucket;
  readonly variables: Readonly<Record<string, string>>;
  /** Less than the state that waits for the build. */
  readonly timeout: Duration;
  readonly statements: readonly Permission[];
}

const PLAN_PREFIX = 'plans';

/** What each build does with plans. */
const PLAN_ACTIONS: Readonly<Record<Build, string[] | undefined>> = {
  plan: ['s3:PutObject'],
  apply: ['s3:GetObject', 's3:GetObjectVersion'],
  drift: undefined,
};

function planAccess(build: Build, bucket: Bucket): Permission[] {
  const actions = PLAN_ACTIONS[build];
  const resources = [bucket.arnForObjects(`${PLAN_PREFIX}/*`)];
  return actions ? [{ actions, resources, because: 'a plan is named after its build' }] : [];
}

/** A build keeps its providers where no other build can write. */
const cachePrefix = (build: Build): string => `cache/${build}`;

/** A CodeBuild project that runs OpenTofu over one of the roots, with a role that may do just what is listed. */
export class BuildProject extends Construct {
  readonly project: Project;

  constructor(scope: Construct, id: string, props: BuildProjectProps) {
    super(scope, id);
    const { environment, build, source, bucket } = props;
    const name = projectName(environment, build);
    const logGroup = new LogGroup(this, 'Log', {
      logGroupName: `/aws/codebuild/${name}`,
      retention: RetentionDays.THREE_MONTHS,
      removalPolicy: RemovalPolicy.DESTROY,
    });
    const role = new Role(this, 'Role', { assumedBy: new ServicePrincipal('codebuild.amazonaws.com') });
    grant(role, [
      { actions: ['logs:CreateLogStream', 'logs:PutLogEvents'], resources: [logGroup.logGroupArn] },
      {
        actions: ['s3:GetObject', 's3:GetObjectVersion'],
        resources: [source.bucket.arnForObjects(source.s3ObjectKey)],
      },
      // CodeBuild looks at a bucket before it reads or writes there.
      {
        actions: ['s3:GetBucketAcl', 's3:GetBucketLocation'],
        resources: [source.bucket.bucketArn, bucket.bucketArn],
      },
      ...planAccess(build, bucket),
      {
        actions: ['s3:GetObject', 's3:GetObjectVersion', 's3:PutObject'],
        resources: [bucket.arnForObjects(`${cachePrefix(build)}/*`)],
        because: 'CodeBuild names the object of the cache',
      },
      ...props.statements,
    ]);
    const buildspec = join(import.meta.dirname, `../../buildspecs/${build}.yml`);
    const artifacts = {
      bucket,
      path: PLAN_PREFIX,
      name: 'plan.zip',
      includeBuildId: true,
      packageZip: true,
    };
    const variables = Object.entries({ ENVIRONMENT: environment, ...props.variables });
    this.project = new Project(this, 'Project', {
      projectName: name,
      description: props.description,
      // Without CDK's own grants, which are wider than the list above.
      role: role.withoutPolicyUpdates(),
      source: Source.s3({ bucket: source.bucket, path: source.s3ObjectKey }),
      buildSpec: BuildSpec.fromObjectToYaml(parse(readFileSync(buildspec, 'utf8'))),
      ...(build === 'plan' ? { artifacts: Artifacts.s3(artifacts) } : {}),
      environment: { buildImage: LinuxBuildImage.AMAZON_LINUX_2023_5, computeType: ComputeType.SMALL },
      environmentVariables: Object.fromEntries(variables.map(([key, value]) => [key, { value }])),
      cache: Cache.bucket(bucket, { prefix: cachePrefix(build) }),
      encryptionKey: Alias.fromAliasName(this, 'Key', 'alias/aws/s3'),
      logging: { cloudWatch: { logGroup } },
      timeout: props.timeout,
      queuedTimeout: Duration.minutes(8),
      concurrentBuildLimit: 1,
      grantReportGroupPermissions: false,
    });
  }
}
