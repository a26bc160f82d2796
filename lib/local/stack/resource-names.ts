import type { ResourceNames } from './intrinsics.ts';

interface NamedResource {
  readonly stack: string;
  readonly logicalId: string;
  readonly type: string;
  /** A property with its intrinsic functions resolved. */
  property(name: string): unknown;
}

const PREFIX = 'us-east-1:000000000000';

/** What CloudFormation would answer to Ref and GetAtt; names that it would make up follow from stack and logical id. */
export function namesOf(resource: NamedResource): ResourceNames {
  const { stack, logicalId, type } = resource;
  const named = (property: string): string => String(resource.property(property) ?? `${stack}-${logicalId}`);
  switch (type) {
    case 'AWS::Lambda::Function': {
      const name = named('FunctionName');
      return { ref: name, attributes: { Arn: `arn:aws:lambda:${PREFIX}:function:${name}` } };
    }
    case 'AWS::Lambda::Version': {
      const name = String(resource.property('FunctionName'));
      const ref = `arn:aws:lambda:${PREFIX}:function:${name}:1`;
      return { ref, attributes: { Version: '1', FunctionArn: ref } };
    }
    case 'AWS::StepFunctions::StateMachine': {
      const name = named('StateMachineName');
      const ref = `arn:aws:states:${PREFIX}:stateMachine:${name}`;
      return { ref, attributes: { Arn: ref, Name: name } };
    }
    case 'AWS::CodeBuild::Project': {
      const name = named('Name');
      return { ref: name, attributes: { Arn: `arn:aws:codebuild:${PREFIX}:project/${name}` } };
    }
    case 'AWS::DynamoDB::GlobalTable':
    case 'AWS::DynamoDB::Table': {
      const name = named('TableName');
      return { ref: name, attributes: { Arn: `arn:aws:dynamodb:${PREFIX}:table/${name}` } };
    }
    case 'AWS::S3::Bucket': {
      const name = named('BucketName').toLowerCase();
      return { ref: name, attributes: { Arn: `arn:aws:s3:::${name}` } };
    }
    case 'AWS::SNS::Topic': {
      const name = named('TopicName');
      const ref = `arn:aws:sns:${PREFIX}:${name}`;
      return { ref, attributes: { TopicArn: ref, TopicName: name } };
    }
    case 'AWS::Logs::LogGroup': {
      const name = named('LogGroupName');
      return { ref: name, attributes: { Arn: `arn:aws:logs:${PREFIX}:log-group:${name}:*` } };
    }
    case 'AWS::IAM::Role': {
      const name = named('RoleName');
      return { ref: name, attributes: { Arn: `arn:aws:iam::000000000000:role/${name}` } };
    }
    case 'AWS::IAM::ManagedPolicy': {
      const ref = `arn:aws:iam::000000000000:policy/${named('ManagedPolicyName')}`;
      return { ref, attributes: {} };
    }
    case 'AWS::Events::Rule': {
      const name = named('Name');
      return { ref: name, attributes: { Arn: `arn:aws:events:${PREFIX}:rule/${name}` } };
    }
    case 'AWS::Events::EventBus': {
      const name = named('Name');
      return { ref: name, attributes: { Arn: `arn:aws:events:${PREFIX}:event-bus/${name}`, Name: name } };
    }
    default:
      return { ref: `${stack}-${logicalId}`, attributes: {} };
  }
}
