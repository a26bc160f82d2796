import type { Construct } from 'constructs';
import { changeDeployment, deploymentStates, READ_DEPLOYMENT } from './build-permissions/deployments-root.ts';
import { DeploymentStack, type DeploymentStackProps } from './deployment-stack.ts';
import { HostFunctions } from './functions/host-functions.ts';
import { CommandEvents } from './status-events.ts';

/** All that deploys one environment: its infrastructure, and the application on its hosts. */
export class EnvironmentStack extends DeploymentStack {
  constructor(scope: Construct, id: string, props: DeploymentStackProps) {
    const { environment, foundations } = props;
    super(scope, id, { ...props, description: `Deploys Chronos ${environment}` });
    const hosts = new HostFunctions(this, 'Hosts', this.functionProps);
    const roots = {
      ...deploymentStates(environment),
      reading: READ_DEPLOYMENT,
      changing: changeDeployment(this, environment, foundations),
    };
    this.deployWith(roots, hosts.ofMachine);
    new CommandEvents(this, 'CommandEvents', { environment, settleCommand: hosts.settleCommand });
  }
}
