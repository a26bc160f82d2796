import { EventBus } from 'aws-cdk-lib/aws-events';
import { ManagedPolicy } from 'aws-cdk-lib/aws-iam';
import type { Construct } from 'constructs';
import { BOUNDARY_NAME, SHARED } from '../contract/names.ts';
import {
  boundaryStatements,
  changeFoundations,
  FOUNDATION_STATES,
  readFoundations,
} from './build-permissions/foundation-roots.ts';
import { DeploymentStack, type DeploymentStackProps } from './deployment-stack.ts';
import { policyStatements, reasonsFor } from './permissions.ts';

/** What the environments have in common: what deploys their foundations, and the bus on which git tags arrive. */
export class SharedStack extends DeploymentStack {
  constructor(scope: Construct, id: string, props: Omit<DeploymentStackProps, 'environment'>) {
    super(scope, id, {
      ...props,
      environment: SHARED,
      description: 'What the environments of Chronos have in common',
    });
    const { foundations } = props;
    const bounds = boundaryStatements(this);
    const boundary = new ManagedPolicy(this, 'Boundary', {
      managedPolicyName: BOUNDARY_NAME,
      description: 'The most that a role may do which the roots of Chronos make',
      statements: policyStatements(bounds),
    });
    reasonsFor(boundary, bounds);
    this.deployWith({
      ...FOUNDATION_STATES,
      reading: readFoundations({ stack: this, foundations }),
      changing: changeFoundations({ stack: this, foundations, boundary: boundary.managedPolicyArn }),
    });
    new EventBus(this, 'GitEvents', {
      eventBusName: 'chronos-git',
      description: 'Tags pushed to the repository of the application',
    });
  }
}
