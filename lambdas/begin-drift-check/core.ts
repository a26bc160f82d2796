import { backendOf, type Manifest, rootOf, valuesFor } from '../../lib/contract/manifest.ts';
import type { Lock } from '../common/deployment-table.ts';

/** A variable of a build as Step Functions starts it. */
interface BuildVariable {
  readonly Name: string;
  readonly Type: 'PLAINTEXT';
  readonly Value: string;
}

export interface DriftCheck {
  /** Why nothing is compared now; empty when something is. */
  readonly skipped: string;
  /** The lock's fencing number: a higher one afterwards says that a deployment ran meanwhile. */
  readonly fence: number;
  readonly variables: readonly BuildVariable[];
}

export interface BeginDriftCheckPorts {
  readLock(): Promise<Lock>;
}

/** Decides whether this is a time to look for drift: while a deployment runs the infrastructure changes rightly. */
export async function beginDriftCheck(
  name: string,
  environment: string,
  manifest: Manifest,
  ports: BeginDriftCheckPorts,
): Promise<DriftCheck> {
  const lock = await ports.readLock();
  const settings = rootOf(manifest, environment);
  const backend = backendOf(settings, manifest);
  const plain = (Name: string, Value: string): BuildVariable => ({ Name, Type: 'PLAINTEXT', Value });
  return {
    skipped: lock.runId ? `${lock.action} ${lock.runId} is running` : '',
    fence: lock.fence,
    variables: [
      plain('RUN_ID', name),
      plain('TOFU_ROOT', settings.root),
      plain('TOFU_VARIABLES', JSON.stringify(valuesFor(settings, manifest))),
      plain('TOFU_BACKEND', JSON.stringify(backend)),
    ],
  };
}
