import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Duration, RemovalPolicy } from 'aws-cdk-lib';
import {
  Artifacts,
  BuildSpec,
  ComputeType,
  LinuxBuildImage,
  Project,
  Source,
} from 'aws-cdk-lib/aws-codebuild';
import type { PolicyStatement } from 'aws-cdk-lib/aws-iam';
import { Alias } from 'aws-cdk-lib/aws-kms';
import { LogGroup, RetentionDays } from 'aws-cdk-lib/aws-logs';
import type { Bucket } from 'aws-cdk-lib/aws-s3';
import type { Asset } from 'aws-cdk-lib/aws-s3-assets';
import { Construct } from 'constructs';
import { parse } from 'yaml';
import { projectName } from '../contract/names.ts';

export interface BuildProjectProps {
  readonly environment: string;
  readonly build: 'plan' | 'apply';
  readonly description: string;
  /** The roots and the scripts of the buildspec. */
  readonly source: Asset;
  readonly artifacts: Bucket;
  readonly variables: Readonly<Record<string, string>>;
  /** Less than the state that waits for the build. */
  readonly timeout: Duration;
  readonly statements: readonly PolicyStatement[];
}

/** A CodeBuild project that runs OpenTofu over one of the roots. */
export class BuildProject extends Construct {
  readonly project: Project;

  constructor(scope: Construct, id: string, props: BuildProjectProps) {
    super(scope, id);
    const name = projectName(props.environment, props.build);
    const logGroup = new LogGroup(this, 'Log', {
      logGroupName: `/aws/codebuild/${name}`,
      retention: RetentionDays.THREE_MONTHS,
      removalPolicy: RemovalPolicy.DESTROY,
    });
    const buildspec = join(import.meta.dirname, `../../buildspecs/${props.build}.yml`);
    this.project = new Project(this, 'Project', {
      projectName: name,
      description: props.description,
      source: Source.s3({ bucket: props.source.bucket, path: props.source.s3ObjectKey }),
      buildSpec: BuildSpec.fromObjectToYaml(parse(readFileSync(buildspec, 'utf8'))),
      ...(props.build === 'plan'
        ? {
            artifacts: Artifacts.s3({
              bucket: props.artifacts,
              path: 'plans',
              name: 'plan.zip',
              includeBuildId: true,
              packageZip: true,
            }),
          }
        : {}),
      environment: { buildImage: LinuxBuildImage.AMAZON_LINUX_2023_5, computeType: ComputeType.SMALL },
      environmentVariables: Object.fromEntries(
        Object.entries({ ENVIRONMENT: props.environment, ...props.variables }).map(([key, value]) => [
          key,
          { value },
        ]),
      ),
      encryptionKey: Alias.fromAliasName(this, 'Key', 'alias/aws/s3'),
      logging: { cloudWatch: { logGroup } },
      timeout: props.timeout,
      queuedTimeout: Duration.minutes(8),
      concurrentBuildLimit: 1,
      grantReportGroupPermissions: false,
    });
    for (const statement of props.statements) this.project.addToRolePolicy(statement);
  }
}
