import { join } from 'node:path';
import type { Manifest } from '../contract/manifest.ts';
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
}

const LAST_PORT_FILE = 'port.json';

/** Starts an engine with the example's repository, ports and configuration, each made at first use. */
export async function bootEngine(options: BootOptions): Promise<{ engine: Engine; manifest: Manifest }> {
  const { folder, cdkOut, tofu, clock } = options;
  makeExampleRepository(options.application, join(folder, 'git/dashboard.git'));
  const ports = await choosePorts(folder);
  const manifestFile = join(folder, 'manifest.json');
  // The same port as last time, where it is free: exported endpoints and git remotes stay valid.
  const port = readJson<number>(join(folder, LAST_PORT_FILE), 0);
  const engine = new Engine({ cdkOut, folder, tofu, manifestFile, port, ...(clock ? { clock } : {}) });
  await engine.start((endpoint) => {
    const manifest = localManifest(options.manifest, endpoint, ports);
    writeWhole(manifestFile, JSON.stringify(manifest));
  });
  writeWhole(join(folder, LAST_PORT_FILE), new URL(engine.endpoint).port);
  const manifest = readJson<Manifest>(manifestFile, undefined as never);
  for (const [environment, appPort] of Object.entries(ports))
    seedConfiguration(engine, manifest, environment, appPort);
  return { engine, manifest };
}
