import { join } from 'node:path';
import { Duration, RemovalPolicy } from 'aws-cdk-lib';
import { Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import {
  Architecture,
  Code,
  FunctionUrlAuthType,
  Function as LambdaFunction,
  Runtime,
  type Version,
} from 'aws-cdk-lib/aws-lambda';
import { LogGroup, RetentionDays } from 'aws-cdk-lib/aws-logs';
import { Construct } from 'constructs';
import { functionName } from '../../contract/names.ts';
import { grant, type Permission } from '../permissions.ts';

export interface OrchestratorFunctionProps {
  readonly environment: string;
  /** Its folder in lambdas/. */
  readonly name: string;
  /** The folder that bundleLambdas made. */
  readonly bundles: string;
  readonly description: string;
  readonly variables: Readonly<Record<string, string>>;
  /** All that the function may do beside writing its log. */
  readonly statements: readonly Permission[];
}

/** One function of the orchestrator with a role, a log group, and a version that executions pin. */
export class OrchestratorFunction extends Construct {
  readonly version: Version;
  readonly #lambda: LambdaFunction;

  constructor(scope: Construct, id: string, props: OrchestratorFunctionProps) {
    super(scope, id);
    const name = functionName(props.environment, props.name);
    const logGroup = new LogGroup(this, 'Log', {
      logGroupName: `/aws/lambda/${name}`,
      retention: RetentionDays.THREE_MONTHS,
      removalPolicy: RemovalPolicy.DESTROY,
    });
    const role = new Role(this, 'Role', { assumedBy: new ServicePrincipal('lambda.amazonaws.com') });
    const policy = grant(role, [
      ...props.statements,
      { actions: ['logs:CreateLogStream', 'logs:PutLogEvents'], resources: [logGroup.logGroupArn] },
    ]);
    const lambda = new LambdaFunction(this, 'Function', {
      functionName: name,
      description: props.description,
      runtime: Runtime.NODEJS_24_X,
      architecture: Architecture.ARM_64,
      handler: 'index.handler',
      code: Code.fromAsset(join(props.bundles, props.name)),
      timeout: Duration.seconds(60),
      memorySize: 256,
      role,
      logGroup,
      environment: { ENVIRONMENT: props.environment, ...props.variables },
      // A version stays for the executions that began with it.
      currentVersionOptions: { removalPolicy: RemovalPolicy.RETAIN },
    });
    lambda.node.addDependency(policy);
    this.version = lambda.currentVersion;
    this.#lambda = lambda;
  }

  /** Lets people call it over HTTPS with their own IAM identity, which the function is then told by AWS. */
  addIamUrl(): void {
    this.#lambda.addFunctionUrl({ authType: FunctionUrlAuthType.AWS_IAM });
  }
}
