import { Stack, type StackProps } from 'aws-cdk-lib';
import { EventBus } from 'aws-cdk-lib/aws-events';
import type { Construct } from 'constructs';

/** What the environments have in common. Today: the bus on which git tags arrive. */
export class SharedStack extends Stack {
  readonly gitEvents: EventBus;

  constructor(scope: Construct, id: string, props?: StackProps) {
    super(scope, id, { ...props, description: 'What the environments of Chronos have in common' });
    this.gitEvents = new EventBus(this, 'GitEvents', {
      eventBusName: 'chronos-git',
      description: 'Tags pushed to the repository of the application',
    });
  }
}
