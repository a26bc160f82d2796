import type { Manifest } from '../../lib/contract/manifest.ts';
import { parameterPath } from '../../lib/contract/names.ts';
import type { Run } from '../../lib/contract/run.ts';

/** How a host script gets one value: by exact version from Parameter Store, or the manifest's default. */
interface ValueSource {
  readonly path?: string;
  readonly version?: number;
  readonly default?: string;
  readonly secret: boolean;
  readonly fixedWhileExists?: string;
  readonly remedy?: string;
}

/**
 * What the host scripts are told: names and versions, never values.
 * They read it from a base64 parameter, so nothing in it meets a shell.
 */
export interface HostPlan {
  readonly repository: string;
  readonly commit: string;
  readonly user: string;
  readonly checkout: string;
  readonly setupMarker: string;
  readonly setupFailure: string;
  readonly prepare: { readonly command: string; readonly unless: readonly string[] } | null;
  readonly install: string;
  readonly service: string;
  /** How the database is dumped, and which object the dump becomes. */
  readonly dump: { readonly command: string; readonly bucket: string; readonly key: string } | null;
  readonly values: Readonly<Record<string, ValueSource>>;
  readonly files: readonly {
    readonly path: string;
    readonly reader: string;
    readonly template: string | null;
    readonly keys: readonly { key: string; parameter: string; stripPrefix: string; stripSuffix: string }[];
  }[];
}

/** Says what the dashboard host has to do for a run. Optional parameters without a value are left out. */
export function hostPlan(run: Run, manifest: Manifest, bucket: string): HostPlan {
  const values: Record<string, ValueSource> = {};
  for (const [name, parameter] of Object.entries(manifest.parameters)) {
    if (parameter.scope === 'edge') continue;
    const path = parameterPath(run.environment, parameter.scope, name);
    const version = run.configuration.pointer[path];
    if (version === undefined && parameter.default === undefined) continue;
    const { secret, fixedWhileExists, remedy } = parameter;
    const source = version === undefined ? { default: parameter.default } : { path, version };
    values[name] = { ...source, secret, fixedWhileExists, remedy };
  }
  return {
    repository: run.repository,
    commit: run.commit,
    user: manifest.host.user,
    checkout: manifest.host.checkout,
    setupMarker: manifest.host.setupMarker,
    setupFailure: manifest.host.setupFailure,
    prepare: manifest.prepare ?? null,
    install: manifest.install.command,
    service: manifest.install.service,
    dump: manifest.backUp
      ? { command: manifest.backUp.command, bucket, key: `hosts/${run.runId}/database.dump.gz` }
      : null,
    values,
    files: manifest.files.map((file) => ({
      path: file.path,
      reader: file.reader,
      template: file.template ?? null,
      keys: Object.entries(file.keys)
        .map(([key, from]) => ({ key, ...(typeof from === 'string' ? { parameter: from } : from) }))
        .map(({ key, parameter, ...strip }) => ({
          key,
          parameter,
          stripPrefix: '',
          stripSuffix: '',
          ...strip,
        }))
        .filter(({ parameter }) => parameter in values),
    })),
  };
}
