import { join } from 'node:path';
import type { Manifest } from '../contract/manifest.ts';
import { applyFoundations, type Roots, stateStorageOf, withRoots } from './aws-roots.ts';
import type { Clock } from './clock.ts';
import { Engine } from './engine.ts';
import { choosePorts, localManifest, makeExampleRepository, seedConfiguration } from './example.ts';
import { readJson, writeWhole } from './store.ts';

export interface BootOptions {
  readonly folder: string;
  readonly cdkOut: string;
  readonly tofu: string;
  /** The application's files: a repository is made of them at first use. */
  readonly application: string;
  /** A manifest like examples/chronos.yaml. */
  readonly manifest: string;
  readonly clock?: Clock;
  /** Which roots make the hosts: the offline one, or those of AWS with a provider that stands in for AWS's. */
  readonly roots?: Roots;
  /** false: with the AWS roots nothing is made beforehand, neither where their states are nor what they stand on. */
  readonly foundations?: boolean;
  /** The folder of the AWS roots, for `roots: 'aws'`. */
  readonly terraform?: string;
  readonly say?: (line: string) => void;
}

const LAST_PORT_FILE = 'port.json';

/** Starts an engine with the example's repository, ports and configuration, each made at first use. */
export async function bootEngine(options: BootOptions): Promise<{ engine: Engine; manifest: Manifest }> {
  const { folder, cdkOut, tofu, clock, roots = 'local', foundations = true } = options;
  makeExampleRepository(options.application, join(folder, 'git/dashboard.git'));
  const ports = await choosePorts(folder);
  const manifestFile = join(folder, 'manifest.json');
  // The same port as last time, where it is free: exported endpoints and git remotes stay valid.
  const port = readJson<number>(join(folder, LAST_PORT_FILE), 0);
  const engine = new Engine({
    cdkOut,
    folder,
    tofu,
    manifestFile,
    port,
    stateStorage: stateStorageOf(roots, foundations),
    ...(clock ? { clock } : {}),
  });
  await engine.start((endpoint) => {
    const manifest = withRoots(localManifest(options.manifest, endpoint, ports), roots);
    writeWhole(manifestFile, JSON.stringify(manifest));
  });
  writeWhole(join(folder, LAST_PORT_FILE), new URL(engine.endpoint).port);
  const manifest = readJson<Manifest>(manifestFile, undefined as never);
  for (const [environment, appPort] of Object.entries(ports))
    seedConfiguration(engine, manifest, environment, appPort);
  if (roots === 'aws' && foundations) {
    const { terraform = 'terraform', say = () => {} } = options;
    await applyFoundations({
      engine,
      folder,
      tofu,
      terraform,
      manifest,
      say,
    });
  }
  return { engine, manifest };
}
