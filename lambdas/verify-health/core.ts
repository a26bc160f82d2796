import { HealthCheckFailed, HealthNotReady, messageOf } from '../../lib/contract/errors.ts';
import type { Manifest } from '../../lib/contract/manifest.ts';

export interface HealthAnswer {
  readonly status: number;
  readonly body: string;
}

/** What checking health needs from the outside. */
export interface VerifyHealthPorts {
  /** @throws when there is no answer at all */
  get(url: string): Promise<HealthAnswer>;
  now(): number;
}

export interface HealthQuestion {
  readonly url: string;
  readonly commit: string;
  /** When the state was entered, ms since the epoch. */
  readonly enteredAt: number;
}

/**
 * Passes when the health page answers 200 and serves the commit that was installed.
 * @throws HealthNotReady to be asked again, HealthCheckFailed when the manifest's time is over
 */
export async function verifyHealth(
  { url, commit, enteredAt }: HealthQuestion,
  health: Manifest['health'],
  ports: VerifyHealthPorts,
): Promise<{ url: string; status: number }> {
  const seen = await look(url, commit, health.versionField, ports);
  if (seen.healthy) return { url, status: 200 };
  const overdue = ports.now() - enteredAt > health.timeoutMinutes * 60_000;
  if (!overdue) throw new HealthNotReady(seen.what);
  throw new HealthCheckFailed(`not healthy after ${health.timeoutMinutes} minutes: ${seen.what}`);
}

async function look(
  url: string,
  commit: string,
  versionField: string | undefined,
  ports: VerifyHealthPorts,
): Promise<{ healthy: boolean; what: string }> {
  let answer: HealthAnswer;
  try {
    answer = await ports.get(url);
  } catch (error) {
    return { healthy: false, what: `${url} does not answer: ${messageOf(error)}` };
  }
  if (answer.status !== 200) return { healthy: false, what: `${url} answers ${answer.status}` };
  if (!versionField) return { healthy: true, what: '' };
  const version = memberOf(answer.body, versionField);
  if (version === commit) return { healthy: true, what: '' };
  return { healthy: false, what: `${url} serves ${version ?? 'no version'} instead of ${commit}` };
}

function memberOf(body: string, field: string): string | undefined {
  try {
    return String(JSON.parse(body)[field]);
  } catch {
    return undefined;
  }
}
