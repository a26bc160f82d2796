import { PublishCommand, type SNSClient } from '@aws-sdk/client-sns';
import { setting } from './environment.ts';

/** SNS takes no longer subject. */
const LONGEST_SUBJECT = 100;

/** Tells the people who look after the environment. */
export async function publish(subject: string, message: string, client: SNSClient): Promise<void> {
  await client.send(
    new PublishCommand({
      TopicArn: setting('TOPIC_ARN'),
      Subject: subject.slice(0, LONGEST_SUBJECT),
      Message: message,
    }),
  );
}
