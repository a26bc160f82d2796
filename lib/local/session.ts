import { execFileSync } from 'node:child_process';
import {
  closeSync,
  existsSync,
  mkdirSync,
  openSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import type { Manifest } from '../contract/manifest.ts';
import { OPERATOR_AGENT } from '../contract/names.ts';
import type { Roots } from './aws-roots.ts';
import { bootEngine } from './boot.ts';
import type { Engine } from './engine.ts';
import { REGION } from './stack/cdk-out.ts';
import { readJson, writeWhole } from './store.ts';
import { readSynthStamp, sourceDigest } from './synth-stamp.ts';
import { findTofu } from './tofu.ts';
import { Identities } from './wire/identities.ts';
import type { Keys } from './wire/sigv4.ts';

export interface SessionOptions {
  /** The repository's root. */
  readonly root: string;
  /** The engine's folder; default `.chronos` in the root. */
  readonly folder?: string;
  readonly cdkOut?: string;
  /** A manifest like examples/chronos.yaml. */
  readonly manifest?: string;
  readonly roots?: Roots;
  /** Who calls the engine; default: the person who runs it. */
  readonly as?: string;
  readonly say: (line: string) => void;
}

/** A way to reach an engine, whoever runs it. */
export interface Session {
  readonly endpoint: string;
  readonly region: string;
  readonly keys: Keys;
  readonly manifest: Manifest;
  readonly folder: string;
  /** Lets go of the engine. The process that runs it waits until nobody else needs it. */
  close(): Promise<void>;
}

interface Announcement {
  readonly pid: number;
  readonly endpoint: string;
}

/** The engine's first start may build OpenTofu. */
const START_MS = 10 * 60_000;
const SAY_AFTER_MS = 5000;
/** How long after its last call another process is taken to need the engine still. */
const LINGER_MS = 2500;

/** Joins the engine that runs in this folder, or runs one in this process. */
export async function openSession(options: SessionOptions): Promise<Session> {
  // The roots do not share a folder: a host of one would be unknown to the states of the other.
  const own = options.roots === 'aws' ? '.chronos/aws-roots' : '.chronos';
  const folder = options.folder ?? join(options.root, own);
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const lock = join(folder, 'engine.lock');
  const begun = Date.now();
  let said = false;
  for (;;) {
    if (claim(lock)) return await runEngine(folder, lock, options);
    const announced = readJson<Announcement | undefined>(join(folder, 'engine.json'), undefined);
    if (announced && announced.pid === ownerOf(lock) && (await answers(announced)))
      return joinEngine(folder, announced, options);
    if (!said && Date.now() - begun > SAY_AFTER_MS) {
      options.say(`an engine is starting in process ${ownerOf(lock)}: waiting for it`);
      said = true;
    }
    if (Date.now() - begun > START_MS)
      throw new Error(
        `an engine has been starting in ${folder} for ten minutes; end process ${ownerOf(lock)} or remove ${lock}`,
      );
    await delay(200);
  }
}

/** Takes the right to run the engine of this folder, from a process that is no more too. */
function claim(lock: string): boolean {
  removeStale(lock);
  try {
    const file = openSync(lock, 'wx', 0o600);
    writeFileSync(file, String(process.pid));
    closeSync(file);
    return true;
  } catch {
    return false;
  }
}

/** Moves the lock of a dead process away; of several that try one succeeds, and a new lock is put back. */
function removeStale(lock: string): void {
  const owner = ownerOf(lock);
  if (owner === undefined || isAlive(owner)) return;
  const aside = `${lock}.${process.pid}`;
  try {
    renameSync(lock, aside);
    if (ownerOf(aside) === owner) rmSync(aside);
    else renameSync(aside, lock);
  } catch {
    // Somebody else moved it.
  }
}

function ownerOf(lock: string): number | undefined {
  try {
    return Number(readFileSync(lock, 'utf8')) || undefined;
  } catch {
    return undefined;
  }
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}

/** Whether the engine still answers. Having been asked, it stays for a while: it counts its callers. */
async function answers({ endpoint }: Announcement): Promise<boolean> {
  const headers = { 'user-agent': `${OPERATOR_AGENT}/${process.pid}` };
  return await fetch(endpoint, { headers }).then(
    () => true,
    () => false,
  );
}

function joinEngine(folder: string, { endpoint }: Announcement, options: SessionOptions): Session {
  return {
    endpoint,
    region: REGION,
    keys: keysOf(new Identities(folder), options),
    manifest: JSON.parse(readFileSync(join(folder, 'manifest.json'), 'utf8')),
    folder,
    close: async () => {},
  };
}

async function runEngine(folder: string, lock: string, options: SessionOptions): Promise<Session> {
  const { root, say } = options;
  try {
    const cdkOut = options.cdkOut ?? join(root, 'cdk.out');
    synthesizeIfNeeded(root, cdkOut, say);
    const { engine, manifest } = await bootEngine({
      folder,
      cdkOut,
      tofu: await findTofu({ say, acceptTerraform: options.roots !== 'aws' }),
      application: join(root, 'examples/dashboard'),
      manifest: options.manifest ?? join(root, 'examples/chronos.yaml'),
      roots: options.roots ?? 'local',
      terraform: join(root, 'terraform'),
      say,
    });
    const announcement: Announcement = { pid: process.pid, endpoint: engine.endpoint };
    writeWhole(join(folder, 'engine.json'), JSON.stringify(announcement));
    process.once('exit', () => engine.endProcesses());
    const { endpoint } = engine;
    const keys = keysOf(engine.identities, options);
    return { endpoint, region: REGION, keys, manifest, folder, close: () => closeEngine(engine, lock, say) };
  } catch (error) {
    rmSync(lock, { force: true });
    throw error;
  }
}

const keysOf = (identities: Identities, { as }: SessionOptions): Keys =>
  (as === undefined ? identities.owner : identities.called(as)).keys;

/** Others may have joined: the engine stays until what they started has ended. */
async function closeEngine(engine: Engine, lock: string, say: (line: string) => void): Promise<void> {
  let said = false;
  while (engine.stepFunctions.running().length > 0 || engine.hasOtherCallers(LINGER_MS)) {
    const running = engine.stepFunctions.running();
    if (!said && running.length > 0) say(`the engine stays for ${running.join(', ')}; Ctrl-C ends it`);
    said ||= running.length > 0;
    await delay(300);
  }
  await engine.stop();
  rmSync(lock, { force: true });
}

/** cdk.out is made anew only when what it is made of has changed: an edited one is used as it is. */
function synthesizeIfNeeded(root: string, cdkOut: string, say: (line: string) => void): void {
  if (readSynthStamp(cdkOut) === sourceDigest(root)) return;
  say(
    existsSync(cdkOut)
      ? 'the sources have changed: synthesizing the stacks again'
      : 'synthesizing the stacks',
  );
  execFileSync(process.execPath, [join(root, 'bin/app.ts')], {
    cwd: root,
    stdio: 'pipe',
    env: { ...process.env, CDK_OUTDIR: cdkOut },
  });
}
