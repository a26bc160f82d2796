import { Duration, RemovalPolicy, Stack, Validations } from 'aws-cdk-lib';
import { AttributeType, Billing, TableV2 } from 'aws-cdk-lib/aws-dynamodb';
import { Alias } from 'aws-cdk-lib/aws-kms';
import { BlockPublicAccess, Bucket, BucketEncryption } from 'aws-cdk-lib/aws-s3';
import { Topic } from 'aws-cdk-lib/aws-sns';
import { Construct } from 'constructs';
import { artifactBucketName, tableName } from '../contract/names.ts';

/** What an environment keeps: its table, the bucket of plans and reports, and the topic of notices. */
export class EnvironmentStorage extends Construct {
  readonly table: TableV2;
  readonly bucket: Bucket;
  readonly topic: Topic;

  constructor(scope: Construct, id: string, { environment }: { readonly environment: string }) {
    super(scope, id);
    this.table = new TableV2(this, 'Table', {
      tableName: tableName(environment),
      partitionKey: { name: 'pk', type: AttributeType.STRING },
      billing: Billing.onDemand(),
      timeToLiveAttribute: 'expiresAt',
      pointInTimeRecoverySpecification: { pointInTimeRecoveryEnabled: true },
      removalPolicy: RemovalPolicy.RETAIN,
    });
    const { account, region } = Stack.of(this);
    this.bucket = new Bucket(this, 'Artifacts', {
      // The roles of hosts, which OpenTofu makes, know it by this name.
      bucketName: artifactBucketName(environment, account, region),
      encryption: BucketEncryption.S3_MANAGED,
      blockPublicAccess: BlockPublicAccess.BLOCK_ALL,
      enforceSSL: true,
      versioned: true,
      lifecycleRules: [
        { prefix: 'plans/', expiration: Duration.days(30), noncurrentVersionExpiration: Duration.days(1) },
        {
          prefix: 'reports/',
          expiration: Duration.days(400),
          noncurrentVersionExpiration: Duration.days(30),
        },
        { prefix: 'cache/', expiration: Duration.days(30), noncurrentVersionExpiration: Duration.days(1) },
        { prefix: 'hosts/', expiration: Duration.days(90), noncurrentVersionExpiration: Duration.days(1) },
      ],
      removalPolicy: RemovalPolicy.RETAIN,
    });
    Validations.of(this.bucket).acknowledge({
      id: 'AwsSolutions-S1',
      reason:
        'Two roles write it and one reads it; CloudTrail data events tell more than access logs, which would need a bucket of their own.',
    });
    this.topic = new Topic(this, 'Notices', {
      topicName: `chronos-${environment}-notices`,
      displayName: `Chronos ${environment}`,
      enforceSSL: true,
      masterKey: Alias.fromAliasName(this, 'TopicKey', 'alias/aws/sns'),
    });
  }
}
