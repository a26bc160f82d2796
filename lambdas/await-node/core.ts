import { AgentTooOld, HostNotFound, NodeNotReady } from '../../lib/contract/errors.ts';

/** A managed node as Systems Manager sees it. */
export interface Node {
  readonly pingStatus: string;
  readonly agentVersion: string;
}

/** The first agent that the documents' parameter patterns were tried with. */
const OLDEST_AGENT = '3.2.582.0';
/** How long a new host may take to become a node. */
const PATIENCE_MS = 10 * 60 * 1000;

/**
 * Passes when the host is an online node with an agent that can run the documents.
 * @param enteredAt when the state was entered, ms since the epoch: after ten minutes it gives up
 * @throws NodeNotReady to be asked again, HostNotFound when it has waited enough, AgentTooOld
 */
export function awaitNode(instanceId: string, node: Node | undefined, enteredAt: number, now: number): Node {
  if (node?.pingStatus === 'Online') {
    if (compareVersions(node.agentVersion, OLDEST_AGENT) < 0) {
      throw new AgentTooOld(
        `the SSM agent of ${instanceId} is ${node.agentVersion}; ${OLDEST_AGENT} or newer is needed: update it (AWS-UpdateSSMAgent)`,
      );
    }
    return node;
  }
  const state = node ? `its agent is ${node.pingStatus}` : 'Systems Manager does not know it';
  if (now - enteredAt < PATIENCE_MS) throw new NodeNotReady(`host ${instanceId} is not ready: ${state}`);
  throw new HostNotFound(
    `host ${instanceId} did not become an online node within 10 minutes: ${state}; look at the agent and the network of the host`,
  );
}

function compareVersions(a: string, b: string): number {
  const [left, right] = [a, b].map((version) => version.split('.').map(Number)) as [number[], number[]];
  const i = left.findIndex((part, index) => part !== (right[index] ?? 0));
  return i === -1 ? 0 : left[i]! - (right[i] ?? 0);
}
