import { EdgeRolloutUnsupported } from '../../lib/contract/errors.ts';

export interface EdgeRollout {
  readonly edges: number;
  readonly text: string;
}

/**
 * The edge phase as far as it goes today: it finds that there are no edge hosts. Any that it finds fail
 * the deployment rather than being passed over.
 * @throws EdgeRolloutUnsupported
 */
export function findEdges(environment: string, wanted: boolean, nodes: readonly string[]): EdgeRollout {
  if (!wanted) return { edges: 0, text: 'edge hosts were not asked for' };
  if (nodes.length === 0) return { edges: 0, text: `no edge hosts are registered for ${environment}` };
  throw new EdgeRolloutUnsupported(
    `${nodes.length} edge hosts are registered for ${environment} (${nodes.slice(0, 5).join(', ')}), but edge rollout is not built yet; deploy with targets ["dashboard"]`,
  );
}
