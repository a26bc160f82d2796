import { randomBytes } from 'node:crypto';
import { StartExecutionCommand, StateMachineDoesNotExist } from '@aws-sdk/client-sfn';
import { settingsOf } from '../contract/manifest.ts';
import { SHARED } from '../contract/names.ts';
import { describeSummary } from '../contract/plan.ts';
import { type Action, type DeploymentRequest, readRequest } from '../contract/request.ts';
import type { Connection } from './connection.ts';
import { decide } from './decide.ts';
import { BadRequest, type Ended, exitCodeOf } from './outcome.ts';
import { duration, progressOn } from './progress.ts';
import { readStatus } from './status.ts';
import { type ReviewedPlan, watch } from './watch.ts';

export interface DeployOptions {
  readonly ref?: string;
  readonly targets?: string[];
  readonly confirm?: string;
  readonly reason?: string;
  readonly requireApproval?: boolean;
  /** true, or "without-dump". */
  readonly replaceHost?: true | string;
  readonly root?: string;
  /** Cancels a deployment that waits for approval, and takes its place. */
  readonly supersede?: boolean;
  readonly json?: boolean;
  /** false: only start it. */
  readonly wait?: boolean;
}

/** Starts a deployment, follows it, and answers with the exit code. */
export async function deploy(
  environment: string,
  action: Action,
  options: DeployOptions,
  connection: Connection,
): Promise<number> {
  const startedAt = Date.now();
  const request = await requestOf(environment, action, options, connection);
  if (options.supersede) await supersede(environment, connection);
  const { executionArn, runId } = await start(environment, action, request, connection);
  if (options.wait === false) {
    print(
      options,
      { environment, runId, executionArn, status: 'RUNNING' },
      `started ${runId}\n  chronos status ${environment}`,
    );
    return 0;
  }
  const progress = progressOn(process.stdout, options.json === true);
  progress.say(`${action} ${environment}: ${runId}`);
  const local = connection.isLocal ? '--local ' : '';
  const stopListening = cancelOnInterrupt(environment, runId, connection, (text) => progress.say(text));
  const ended = await watch({
    executionArn,
    sfn: connection.sfn,
    progress,
    pollMs: connection.pollMs,
    onApproval: (plan) => progress.say(approvalText(plan, environment, runId, local)),
  }).finally(() => {
    stopListening();
    progress.close();
  });
  const seconds = (Date.now() - startedAt) / 1000;
  const result = { environment, action, runId, executionArn, ...ended, seconds };
  print(options, result, describeEnd(ended, environment, action, seconds, local, connection));
  return exitCodeOf(ended);
}

/** A deployment that only waits for a word gives way; one that works is left alone, and waited for. */
async function supersede(environment: string, connection: Connection): Promise<void> {
  const { lock, waitsForApproval } = await readStatus(environment, connection);
  if (lock && waitsForApproval)
    await decide(environment, lock.runId, 'cancel', 'superseded by a newer request', connection);
}

/** What can be seen to be wrong before anything is asked is said at once; the deployment checks all of it again. */
async function requestOf(
  environment: string,
  action: Action,
  options: DeployOptions,
  connection: Connection,
): Promise<DeploymentRequest> {
  if (environment !== SHARED) settingsOf(connection.manifest, environment);
  const { arn } = await connection.identity();
  const input = {
    environment,
    action,
    ...(options.ref === undefined ? {} : { gitRef: options.ref }),
    ...(options.targets === undefined ? {} : { targets: options.targets }),
    ...(options.confirm === undefined ? {} : { confirm: options.confirm }),
    ...(options.reason === undefined ? {} : { reason: options.reason }),
    ...(options.requireApproval ? { approval: 'always' } : {}),
    ...(options.replaceHost === undefined ? {} : { replaceHost: options.replaceHost }),
    ...(options.root === undefined ? {} : { root: options.root }),
    requestedBy: arn,
  };
  const { request, problems } = readRequest(input, environment);
  if (problems.length > 0) throw new BadRequest(problems.join('; '));
  return request;
}

async function start(
  environment: string,
  action: Action,
  request: DeploymentRequest,
  connection: Connection,
) {
  const stateMachineArn = await connection.stateMachineArn(environment);
  const stamp = new Date().toISOString().slice(0, 19).replace(/[-:]/g, '').replace('T', '-');
  const runId = `${action}-${stamp}-${randomBytes(2).toString('hex')}`;
  try {
    const { executionArn = '' } = await connection.sfn.send(
      new StartExecutionCommand({ stateMachineArn, name: runId, input: JSON.stringify(request) }),
    );
    return { executionArn, runId };
  } catch (error) {
    if (!(error instanceof StateMachineDoesNotExist)) throw error;
    throw new BadRequest(
      `there is no state machine ${stateMachineArn}: is the stack chronos-${environment} deployed in this account and region?`,
    );
  }
}

/** Ctrl-C asks the deployment to end; a second one only ends the command. */
function cancelOnInterrupt(
  environment: string,
  runId: string,
  connection: Connection,
  say: (text: string) => void,
): () => void {
  let asked = false;
  const onInterrupt = () => {
    if (asked) process.exit(130);
    asked = true;
    say('cancelling the deployment; press Ctrl-C again to leave it alone and only end this command');
    decide(environment, runId, 'cancel', 'interrupted at the terminal', connection).then(
      (message) => say(message),
      (error) => say(`it could not be cancelled: ${error.message}`),
    );
  };
  process.on('SIGINT', onInterrupt);
  return () => process.off('SIGINT', onInterrupt);
}

function approvalText(
  { text, digest, summary, commits }: ReviewedPlan,
  environment: string,
  runId: string,
  local: string,
): string {
  return [
    `approval is needed: ${text} (plan ${digest.slice(0, 12)})`,
    ...describeSummary(summary),
    ...(commits.length > 0 ? ['Commits since the last release:', ...commits.map((line) => `  ${line}`)] : []),
    `chronos ${local}approve ${environment} ${runId}`,
    `chronos ${local}reject ${environment} ${runId}`,
  ]
    .map((line) => `  ${line}`)
    .join('\n');
}

/** Nothing inside an execution that was cut off can say why it ended. */
const CUT_OFF: Readonly<Record<string, string>> = {
  ABORTED:
    'Somebody stopped the execution. close-abandoned frees the lock when its builds and commands have ended, and brings the last good release back where the host was touched.',
  TIMED_OUT: 'The execution ran out of its five hours. close-abandoned frees the lock.',
};

function describeEnd(
  ended: Ended,
  environment: string,
  action: string,
  seconds: number,
  local: string,
  connection: Connection,
): string {
  if (ended.status === 'SUCCEEDED') {
    const { infrastructure, commit, configuration } = ended.output ?? {};
    const done = `${action} ${environment} succeeded in ${duration(seconds)}: ${infrastructure}`;
    const installs = environment !== SHARED && (action === 'apply' || action === 'configure');
    if (!installs) return done;
    const { healthUrl } = settingsOf(connection.manifest, environment);
    return `${done}, commit ${String(commit).slice(0, 12)}, configuration ${configuration}\nhealthy: ${healthUrl}`;
  }
  const reason = ended.cause ?? ended.error ?? CUT_OFF[ended.status] ?? 'no cause was given';
  return `${action} ${environment} ${ended.status === 'FAILED' ? `failed (${ended.error})` : ended.status} after ${duration(seconds)}\n${reason}\n  chronos ${local}history ${environment}`;
}

function print(options: DeployOptions, result: object, text: string): void {
  console.log(options.json ? JSON.stringify(result) : text);
}
