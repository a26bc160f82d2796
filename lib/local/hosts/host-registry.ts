import { existsSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import type { Keys } from '../wire/sigv4.ts';
import { Host, type HostOutput } from './host.ts';
import { endProcesses, runScript } from './run-script.ts';

export interface HostRegistryOptions {
  /** Folders in which roots keep their states. */
  readonly states: readonly string[];
  readonly folder: string;
  readonly keys: Keys;
  readonly endpoint: () => string;
}

/**
 * The hosts that there are: those in the output `hosts` of the applied states. One that is new boots, one that
 * is gone is ended and removed.
 */
export class HostRegistry {
  readonly #options: HostRegistryOptions;

  constructor(options: HostRegistryOptions) {
    this.#options = options;
  }

  /** Looks at the states again. */
  list(): Host[] {
    const { folder } = this.#options;
    const outputs = this.#outputs();
    const present = new Set(outputs.map(({ instance_id }) => instance_id));
    const known = existsSync(folder) ? readdirSync(folder) : [];
    for (const id of known) if (!present.has(id)) this.#terminate(id);
    const hosts = outputs.map((output) => new Host(output, join(folder, output.instance_id)));
    for (const host of hosts) if (host.create()) this.#boot(host);
    return hosts;
  }

  find(instanceId: string): Host | undefined {
    return this.list().find((host) => host.instanceId === instanceId);
  }

  /** What a script on the host finds in its environment beside PATH and LANG. */
  variables(host: Host): Record<string, string> {
    const { keys, endpoint } = this.#options;
    return {
      CHRONOS_HOST_ROOT: host.root,
      AWS_SHARED_CREDENTIALS_FILE: host.writeCredentials(keys),
      AWS_SSM_REGION_NAME: 'us-east-1',
      AWS_SSM_INSTANCE_ID: host.instanceId,
      AWS_ENDPOINT_URL_SSM: endpoint(),
      AWS_ENDPOINT_URL_S3: endpoint(),
    };
  }

  #outputs(): HostOutput[] {
    const files = this.#options.states
      .filter((folder) => existsSync(folder))
      .flatMap((folder) => statesIn(folder));
    return files.flatMap((file) => {
      const text = readFileSync(file, 'utf8');
      const hosts = text.trim() === '' ? undefined : JSON.parse(text).outputs?.hosts?.value;
      return Object.values((hosts ?? {}) as Record<string, HostOutput>);
    });
  }

  /** First boot: the user data runs once, in the background, as cloud-init does it. */
  #boot(host: Host): void {
    runScript(host, host.userData, { variables: this.variables(host), timeoutMs: 600_000 }).ended.catch(
      () => {},
    );
  }

  #terminate(id: string): void {
    const folder = join(this.#options.folder, id);
    endProcesses(folder);
    rmSync(folder, { recursive: true, force: true });
  }
}

const statesIn = (folder: string): string[] =>
  readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter((file) => file.endsWith('.tfstate'))
    .map((file) => join(folder, file));
