import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, globSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type PlanIdentity, type PlanOutcome, planDigest } from '../lib/contract/plan.ts';
import { type Backend, initArguments, readingOptions } from '../lib/contract/state-backend.ts';
import { BuildFailure } from './exports.ts';
import { describeLock, parseLockError } from './lock-error.ts';
import { type RootSettings, rootFolder, type Settings } from './settings.ts';
import { reasonToStop } from './watch.ts';

/** The embedded engine may name another binary than the pinned one on PATH. */
const TOFU = process.env.CHRONOS_TOFU || 'tofu';
/** Set by the embedded engine: another endpoint than AWS's. */
const ENDPOINT = process.env.AWS_ENDPOINT_URL ?? '';
const LOOK_MS = 3000;
const LOCKFILE = '.terraform.lock.hcl';

/** `tofu plan -detailed-exitcode`: 0 nothing to do, 2 changes, else an error. */
export const PLAN_OUTCOMES: ReadonlyMap<number, PlanOutcome> = new Map([
  [0, 'no-changes'],
  [2, 'changes'],
]);

interface TofuResult {
  readonly code: number;
  /** All of standard output: tofu's warnings about its own settings go elsewhere. */
  readonly stdout: string;
  /** The end of both streams, for finding out why it failed. */
  readonly output: string;
}

const LONGEST_OUTPUT = 20_000;

interface RunOptions {
  /** Keeps what is printed out of the log. */
  readonly silent?: boolean;
  /** Asked every few seconds while tofu runs: a reason makes it stop gently. */
  readonly watch?: () => Promise<BuildFailure | undefined>;
}

/**
 * Runs tofu in the root's folder.
 * @throws BuildFailure when `watch` gave a reason to stop: tofu was interrupted and has ended
 */
export async function tofu(
  settings: RootSettings,
  args: readonly string[],
  options: RunOptions = {},
): Promise<TofuResult> {
  const child = spawn(TOFU, args, { cwd: rootFolder(settings), stdio: ['ignore', 'pipe', 'pipe'] });
  let stdout = '';
  let output = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', (text: string) => {
      if (stream === child.stdout) stdout += text;
      output = (output + text).slice(-LONGEST_OUTPUT);
      if (!options.silent) process.stdout.write(text);
    });
  }
  let reason: BuildFailure | undefined;
  const look = async () => {
    reason ??= await options.watch?.().catch(() => undefined);
    // One interrupt asks tofu to finish what is under way and to save its state; a second would cut it off.
    if (reason && child.exitCode === null && !child.killed) child.kill('SIGINT');
  };
  const timer = setInterval(look, LOOK_MS);
  const code = await new Promise<number>((resolve, reject) => {
    child.on('error', reject);
    child.on('close', (exit) => resolve(exit ?? 1));
  }).finally(() => clearInterval(timer));
  if (reason && code !== 0) throw reason;
  return { code, stdout, output };
}

/** @returns standard output @throws BuildFailure with tofu's own error in one line */
export async function tofuOrFail(
  settings: RootSettings,
  args: readonly string[],
  options: RunOptions = {},
): Promise<string> {
  const { code, stdout, output } = await tofu(settings, args, options);
  if (code !== 0) throw tofuFailure(args[0]!, output);
  return stdout;
}

/** The JSON that a command prints: tofu may say before it what it thinks of its own settings. */
export async function tofuJson(settings: RootSettings, args: readonly string[]): Promise<string> {
  const stdout = await tofuOrFail(settings, args, { silent: true });
  return stdout.slice(Math.max(stdout.search(/^\{/m), 0)).trimEnd();
}

export function tofuFailure(command: string, output: string): BuildFailure {
  const lines = output.split('\n').map((line) => line.replace(/^[│╷╵ ]+/, '').trim());
  const start = lines.findIndex((line) => line.startsWith('Error:'));
  const detail = start < 0 ? lines.filter(Boolean).slice(-2) : lines.slice(start, start + 12).filter(Boolean);
  const text = detail.join(' ').slice(0, 600);
  const lock = parseLockError(output);
  if (lock) return new BuildFailure('StateLocked', describeLock(lock));
  if (text.includes('Saved plan is stale')) {
    return new BuildFailure(
      'StalePlan',
      'the plan is stale: the infrastructure changed after it was made; deploy again',
    );
  }
  return new BuildFailure(
    command === 'apply' ? 'ApplyFailed' : 'PlanFailed',
    `tofu ${command} failed: ${text}`,
  );
}

/** Writes the variables and initialises the root with its backend. */
export async function initialise(settings: RootSettings): Promise<void> {
  const backend = JSON.parse(settings.TOFU_BACKEND) as Backend | null;
  const given = JSON.parse(settings.TOFU_VARIABLES) as Record<string, unknown>;
  const variables = 'state_bucket' in given ? { ...given, state_options: readingOptions(ENDPOINT) } : given;
  writeFileSync(join(rootFolder(settings), 'chronos.auto.tfvars.json'), JSON.stringify(variables));
  const locked = existsSync(join(rootFolder(settings), LOCKFILE)) ? ['-lockfile=readonly'] : [];
  await tofuOrFail(settings, [
    'init',
    '-no-color',
    '-reconfigure',
    ...locked,
    ...backendArguments(settings, backend),
  ]);
}

/** A root of AWS keeps its state in S3, the offline root in a folder of the embedded engine. */
function backendArguments({ ENVIRONMENT }: RootSettings, backend: Backend | null): string[] {
  if (backend) return initArguments(backend, ENDPOINT);
  const path = join(process.env.CHRONOS_LOCAL_STATE ?? '.', `${ENVIRONMENT}.tfstate`);
  return [`-backend-config=path=${path}`];
}

/** Renders a plan and says what identifies it: whoever applies it must come to the same digest. */
export async function identifyPlan(
  settings: Settings,
  planFile: string,
): Promise<{ digest: string; json: string }> {
  const json = await tofuJson(settings, ['show', '-json', planFile]);
  const identity: PlanIdentity = {
    environment: settings.ENVIRONMENT,
    commit: settings.COMMIT,
    configurationVersion: Number(settings.CONFIGURATION_VERSION),
    planSha256: sha256(readFileSync(planFile)),
    planJsonSha256: sha256(json),
    rootsSha256: rootsDigest(),
    lockfileSha256: lockfileDigest(settings),
  };
  return { digest: planDigest(identity), json };
}

export const watchRun = (settings: Settings) => () => reasonToStop(settings);

const sha256 = (data: Buffer | string): string => createHash('sha256').update(data).digest('hex');

function rootsDigest(): string {
  const hash = createHash('sha256');
  const cwd = join(process.cwd(), 'terraform');
  for (const file of globSync('**/*.{tf,sh,tftpl}', { cwd }).sort()) {
    hash.update(`${file}\0`).update(readFileSync(join(cwd, file)));
  }
  return hash.digest('hex');
}

function lockfileDigest(settings: RootSettings): string {
  const file = join(rootFolder(settings), LOCKFILE);
  return existsSync(file) ? sha256(readFileSync(file)) : 'no lock file';
}
