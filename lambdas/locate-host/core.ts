import { HostNotFound } from '../../lib/contract/errors.ts';

export interface Host {
  readonly instanceId: string;
  readonly address: string;
}

/**
 * The one running host of the environment.
 * @throws HostNotFound when there is none, or more than one
 */
export function locateHost(environment: string, running: readonly Host[]): Host {
  const [host, ...others] = running;
  if (!host)
    throw new HostNotFound(
      `no running host is tagged as the dashboard of ${environment}; deploy with action "apply"`,
    );
  if (others.length > 0) {
    const ids = running.map(({ instanceId }) => instanceId).join(', ');
    throw new HostNotFound(
      `${running.length} running hosts are tagged as the dashboard of ${environment}: ${ids}; end all but one`,
    );
  }
  return host;
}
