import { execFileSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { cpSync, existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parse } from 'yaml';
import { type Manifest, parseManifest } from '../contract/manifest.ts';
import { configurationPointerPath, parameterPath } from '../contract/names.ts';
import type { Engine } from './engine.ts';
import { readJson, writeWhole } from './store.ts';

/** Where the applications of the local environments listen, by environment. */
export type Ports = Readonly<Record<string, number>>;

const FIRST_PORT = 8180;
const ENVIRONMENTS = ['stage', 'prod'];

/** Free loopback ports for the environments, chosen once. */
export async function choosePorts(folder: string): Promise<Ports> {
  const file = join(folder, 'ports.json');
  const kept = readJson<Ports>(file, {});
  if (Object.keys(kept).length > 0) return kept;
  const ports: Record<string, number> = {};
  let next = FIRST_PORT;
  for (const environment of ENVIRONMENTS) {
    while (!(await isFree(next))) next += 1;
    ports[environment] = next;
    next += 1;
  }
  writeWhole(file, JSON.stringify(ports));
  return ports;
}

function isFree(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const probe = createServer();
    probe.once('error', () => resolve(false));
    probe.listen(port, '127.0.0.1', () => probe.close(() => resolve(true)));
  });
}

/** The local manifest with the engine's address and ports filled in. @throws ManifestInvalid */
export function localManifest(source: string, endpoint: string, ports: Ports): Manifest {
  const variables: Record<string, string> = { ENGINE: endpoint };
  for (const [environment, port] of Object.entries(ports))
    variables[`PORT_${environment.toUpperCase()}`] = String(port);
  const text = readFileSync(source, 'utf8').replace(
    /\$\{([A-Z_]+)\}/g,
    (whole, name: string) => variables[name] ?? whole,
  );
  return parseManifest(parse(text), source);
}

/** Makes the repository of the example application, with one tag, at first use. */
export function makeExampleRepository(source: string, bare: string): void {
  if (existsSync(bare)) return;
  const work = mkdtempSync(join(tmpdir(), 'chronos-example-'));
  const git = (...args: string[]) =>
    execFileSync(
      'git',
      [
        '-c',
        'user.name=Chronos',
        '-c',
        'user.email=chronos@example.org',
        '-c',
        'core.autocrlf=false',
        ...args,
      ],
      {
        cwd: work,
        stdio: 'ignore',
        // The same files give the same commit wherever the engine runs.
        env: {
          ...process.env,
          GIT_AUTHOR_DATE: '2025-01-01T00:00:00Z',
          GIT_COMMITTER_DATE: '2025-01-01T00:00:00Z',
        },
      },
    );
  try {
    cpSync(source, work, { recursive: true });
    git('init', '--initial-branch=main');
    git('add', '--all');
    git('commit', '--message=The example dashboard');
    git('tag', '--annotate', '--message=First version', 'v1.0.0');
    git('clone', '--bare', '--quiet', work, bare);
  } finally {
    rmSync(work, { recursive: true, force: true });
  }
}

/** Gives every required parameter of an environment that has no configuration a value: secrets are random. */
export function seedConfiguration(
  engine: Engine,
  manifest: Manifest,
  environment: string,
  port: number,
): void {
  const pointerPath = configurationPointerPath(environment);
  if (engine.parameters.get(pointerPath, false)) return;
  const pointer: Record<string, number> = {};
  for (const [name, parameter] of Object.entries(manifest.parameters)) {
    const value = seedValue(
      name,
      parameter.secret,
      parameter.required && parameter.default === undefined,
      port,
    );
    if (value === undefined) continue;
    const path = parameterPath(environment, parameter.scope, name);
    const Type = parameter.secret ? 'SecureString' : 'String';
    pointer[path] = engine.parameters.put({ Name: path, Value: value, Type, Overwrite: true });
  }
  engine.parameters.put({
    Name: pointerPath,
    Value: JSON.stringify(pointer),
    Type: 'String',
    Overwrite: true,
  });
}

function seedValue(name: string, secret: boolean, required: boolean, port: number): string | undefined {
  // Characters that today's scripts break on.
  if (secret && required) return `${randomBytes(18).toString('base64url')}|&\\'"$#`;
  return name === 'vite_api_base_url' ? `http://127.0.0.1:${port}/api` : undefined;
}
