import { backUpStates } from './back-up.ts';
import { closeStates } from './close.ts';
import { decideStates } from './decide.ts';
import { failureStates } from './failure.ts';
import { hostStates } from './hosts.ts';
import { infrastructureStates } from './infrastructure.ts';
import type { DeploymentKind, States } from './task.ts';

/** Ends what the deadline of every step has missed. */
const MACHINE_SECONDS = 5 * 3600;

/** The deployment state machine, in the order in which an operator sees its phases. */
export function deploymentDefinition(
  kind: DeploymentKind,
): Readonly<Record<string, unknown>> & { readonly States: States } {
  return {
    Comment:
      kind === 'hosts'
        ? 'One deployment of one environment: decide, infrastructure, hosts, edge, close; or the failure path.'
        : 'One change of what the environments stand on: decide, infrastructure, close; or the failure path.',
    QueryLanguage: 'JSONata',
    TimeoutSeconds: MACHINE_SECONDS,
    StartAt: 'ResolveRequest',
    States: {
      ...decideStates(kind),
      ...infrastructureStates(kind),
      ...(kind === 'hosts' ? { ...backUpStates(), ...hostStates() } : {}),
      ...closeStates(),
      ...failureStates(kind),
    },
  };
}
