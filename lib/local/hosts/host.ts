import { existsSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { keptJson, readJson, writeWhole } from '../store.ts';

/** What the state of a root says of a host: its output `hosts`. */
export interface HostOutput {
  readonly instance_id: string;
  readonly address: string;
  readonly tags: Readonly<Record<string, string>>;
  /** Script of the first boot; a host of the AWS roots has none here: what it installs is not for this machine. */
  readonly user_data?: string;
}

/** What can be changed about a host while it is there, by editing `host.json` in its folder. */
export interface HostSettings {
  /** As the agent reports it; an old one makes AwaitNode refuse. */
  readonly agentVersion: string;
  /** `ConnectionLost` makes a host that does not answer. */
  readonly pingStatus: 'Online' | 'ConnectionLost';
  /** A command that scripts are run through, for example ["docker", "exec", "-i", "NAME"]; empty: this machine's bash. */
  readonly through: readonly string[];
}

/** What is left of the first boot of a host of the AWS roots. */
const MARK_AS_SET_UP = `#!/bin/bash
set -euo pipefail
mkdir -p "$CHRONOS_HOST_ROOT/home/ubuntu" "$CHRONOS_HOST_ROOT/root" "$CHRONOS_HOST_ROOT/opt"
touch "$CHRONOS_HOST_ROOT/home/ubuntu/.setup_complete"
`;

const DEFAULTS: HostSettings = { agentVersion: '3.3.3050.0', pingStatus: 'Online', through: [] };

/** A host of the embedded engine: a folder that stands for its file system, and a way to run bash. */
export class Host {
  readonly instanceId: string;
  readonly address: string;
  readonly tags: Readonly<Record<string, string>>;
  readonly userData: string;
  readonly folder: string;

  constructor(output: HostOutput, folder: string) {
    this.instanceId = output.instance_id;
    this.address = output.address;
    this.tags = output.tags;
    this.userData = output.user_data ?? MARK_AS_SET_UP;
    this.folder = folder;
  }

  /** Stands before every path on the host. */
  get root(): string {
    return join(this.folder, 'root');
  }

  get settings(): HostSettings {
    return { ...DEFAULTS, ...readJson<Partial<HostSettings>>(join(this.folder, 'host.json'), {}) };
  }

  /** Makes the host's folder; answers whether it was not there: then its first boot is due. */
  create(): boolean {
    if (existsSync(join(this.folder, 'host.json'))) return false;
    mkdirSync(join(this.root, 'root'), { recursive: true, mode: 0o700 });
    keptJson(join(this.folder, 'host.json'), () => DEFAULTS);
    return true;
  }

  /** Keys with which the host's scripts call the engine: as on a hybrid node they lie in a file. */
  writeCredentials(keys: { readonly accessKeyId: string; readonly secretAccessKey: string }): string {
    const file = join(this.root, 'root/.aws/credentials');
    writeWhole(
      file,
      `[default]\naws_access_key_id = ${keys.accessKeyId}\naws_secret_access_key = ${keys.secretAccessKey}\n`,
    );
    return file;
  }
}
