import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { LambdaClient } from '@aws-sdk/client-lambda';
import { S3Client } from '@aws-sdk/client-s3';
import { DescribeStateMachineCommand, SFNClient } from '@aws-sdk/client-sfn';
import { SSMClient } from '@aws-sdk/client-ssm';
import { GetCallerIdentityCommand, STSClient } from '@aws-sdk/client-sts';
import type { Manifest } from '../contract/manifest.ts';
import { OPERATOR_AGENT, stateMachineName } from '../contract/names.ts';
import type { Signer } from './signed-request.ts';

/** Where the command's calls go: AWS, or an embedded engine that answers the same calls. */
export interface Target {
  readonly region: string;
  /** Only for an engine. */
  readonly endpoint?: string;
  readonly keys?: { readonly accessKeyId: string; readonly secretAccessKey: string };
  readonly manifest: Manifest;
}

/** The AWS clients of one run of the command, and who it is that runs it. */
export class Connection {
  readonly sfn: SFNClient;
  readonly ssm: SSMClient;
  readonly lambda: LambdaClient;
  readonly dynamodb: DynamoDBClient;
  readonly s3: S3Client;
  readonly manifest: Manifest;
  readonly isLocal: boolean;
  readonly #target: Target;
  #identity: Promise<{ account: string; arn: string }> | undefined;

  constructor(target: Target) {
    const settings = {
      region: target.region,
      ...(target.endpoint ? { endpoint: target.endpoint } : {}),
      ...(target.keys ? { credentials: target.keys } : {}),
      customUserAgent: [[OPERATOR_AGENT, String(process.pid)]] as [string, string][],
    };
    this.#target = target;
    this.sfn = new SFNClient(settings);
    this.ssm = new SSMClient(settings);
    this.lambda = new LambdaClient(settings);
    this.dynamodb = new DynamoDBClient(settings);
    this.s3 = new S3Client({ ...settings, forcePathStyle: target.endpoint !== undefined });
    this.manifest = target.manifest;
    this.isLocal = target.endpoint !== undefined;
  }

  /** Account and ARN of whoever runs the command. */
  identity(): Promise<{ account: string; arn: string }> {
    this.#identity ??= this.#askIdentity();
    return this.#identity;
  }

  async stateMachineArn(environment: string, name = stateMachineName(environment)): Promise<string> {
    const { account } = await this.identity();
    return `arn:aws:states:${this.#target.region}:${account}:stateMachine:${name}`;
  }

  /** Who signs requests that no AWS client makes. */
  get signer(): Signer {
    const { region } = this.#target;
    const credentials = () => this.lambda.config.credentials();
    return { credentials, region, userAgent: `${OPERATOR_AGENT}/${process.pid}` };
  }

  /** Of an engine; empty for AWS. */
  get endpoint(): string {
    return this.#target.endpoint ?? '';
  }

  /** @throws StateMachineDoesNotExist */
  async describeMachine(stateMachineArn: string): Promise<void> {
    await this.sfn.send(new DescribeStateMachineCommand({ stateMachineArn }));
  }

  /** What a tofu on this machine needs to reach the same place with the same keys. */
  tofuEnvironment(): NodeJS.ProcessEnv {
    const { region, endpoint, keys } = this.#target;
    return {
      ...process.env,
      AWS_REGION: region,
      ...(keys ? { AWS_ACCESS_KEY_ID: keys.accessKeyId, AWS_SECRET_ACCESS_KEY: keys.secretAccessKey } : {}),
      ...(endpoint
        ? { AWS_ENDPOINT_URL: endpoint, AWS_ENDPOINT_URL_S3: endpoint, AWS_ENDPOINT_URL_DYNAMODB: endpoint }
        : {}),
    };
  }

  /** How often to look at an execution. */
  get pollMs(): number {
    return this.isLocal ? 250 : 2000;
  }

  async executionArn(environment: string, runId: string): Promise<string> {
    return `${(await this.stateMachineArn(environment)).replace(':stateMachine:', ':execution:')}:${runId}`;
  }

  async #askIdentity(): Promise<{ account: string; arn: string }> {
    const { region, endpoint, keys } = this.#target;
    const sts = new STSClient({
      region,
      ...(endpoint ? { endpoint } : {}),
      ...(keys ? { credentials: keys } : {}),
    });
    const { Account = '', Arn = '' } = await sts.send(new GetCallerIdentityCommand({}));
    return { account: Account, arn: Arn };
  }
}
