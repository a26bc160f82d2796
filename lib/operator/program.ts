import { readFileSync } from 'node:fs';
import { text } from 'node:stream/consumers';
import { Command, Option } from 'commander';
import type { Action } from '../contract/request.ts';
import { type BootstrapOptions, type BootstrapPorts, bootstrap, PLATFORMS } from './bootstrap.ts';
import { parseEnvFile, pushValues, readAssignments } from './config.ts';
import type { Connection } from './connection.ts';
import { decide, type Word } from './decide.ts';
import { type DeployOptions, deploy } from './deploy.ts';
import { checkDrift } from './drift.ts';
import { BadRequest } from './outcome.ts';
import { describeHistory, describeStatus, readHistory, readStatus } from './status.ts';

/** What running the command needs from whoever starts it. */
export interface ProgramPorts {
  /** Opens the connection that the options ask for; called once, when a subcommand needs it. */
  connect(options: GlobalOptions): Promise<Connection>;
  /** What `bootstrap` needs besides. */
  bootstrapPorts(options: GlobalOptions): BootstrapPorts;
  /** Keeps an embedded engine running until it is interrupted. */
  serve(options: GlobalOptions): Promise<void>;
  setExitCode(code: number): void;
}

export interface GlobalOptions {
  readonly local?: boolean;
  readonly manifest?: string;
  readonly region?: string;
  /** With --local: which roots make the hosts. */
  readonly roots?: 'local' | 'aws';
  /** With --local: who calls. */
  readonly as?: string;
}

const ACTIONS: readonly [name: string, action: Action, description: string][] = [
  ['deploy', 'apply', 'plan and apply the infrastructure, then configure and install the application'],
  ['plan', 'plan', 'plan the infrastructure and change nothing'],
  ['configure', 'configure', 'write the env files and install again, without touching the infrastructure'],
  ['destroy', 'destroy', 'destroy the infrastructure of the environment'],
];

const EXAMPLES = `
Examples:
  $ chronos --local deploy stage                      the example application on this machine
  $ chronos --local config set stage background_color=#204060
  $ chronos deploy stage --ref v1.4.0                  a tag, on AWS
  $ chronos plan prod --json | jq .output
  $ chronos approve prod                               whatever waits there
  $ chronos deploy stage --replace-host                a new host, after a snapshot and a database dump
  $ chronos plan shared                                what the environments stand on
  $ chronos config set stage postgres_password <file   a secret, from standard input

Exit codes: 0 succeeded, 1 failed, 2 the request was refused, 3 rejected or cancelled.`;

/** The chronos command. */
export function makeProgram(ports: ProgramPorts): Command {
  const program = new Command('chronos')
    .description('Deploys Chronos by AWS Step Functions, or on this machine by the embedded engine')
    .option('--local', 'use the embedded engine instead of AWS')
    .option(
      '--manifest <file>',
      'the application manifest (default: config/chronos.yaml; examples/chronos.yaml with --local)',
    )
    .addOption(
      new Option(
        '--roots <roots>',
        'with --local: the offline root, or those of AWS (needs a provider for them)',
      )
        .choices(['local', 'aws'])
        .default('local'),
    )
    .option('--as <name>', 'with --local: call as somebody of this name, to try what takes two people')
    .option('--region <region>', 'AWS region (default: AWS_REGION)')
    .addHelpText('after', EXAMPLES)
    .showHelpAfterError('(chronos --help shows the commands)')
    .exitOverride();
  const run =
    <A extends unknown[]>(work: (connection: Connection, ...args: A) => Promise<number | undefined>) =>
    async (...args: A) => {
      const connection = await ports.connect(program.opts());
      ports.setExitCode((await work(connection, ...args)) ?? 0);
    };
  addDeployCommands(program, run);
  addDecisionCommands(program, run);
  addReadingCommands(program, run);
  addConfigCommands(program, run);
  program
    .command('bootstrap')
    .description('make or adopt where OpenTofu keeps its states, lock the providers, and plan shared')
    .option('--yes', 'do not ask')
    .option('--state-file <file>', 'a local state of terraform/state, which is moved in')
    .option('--platforms <platforms...>', 'whose providers the lock files admit', PLATFORMS)
    .option('--fs-mirror <folder>', "take the providers' packages from here instead of their registry")
    .action(
      run((connection, options: BootstrapOptions) =>
        bootstrap(options, ports.bootstrapPorts(program.opts()), connection),
      ),
    );
  program
    .command('serve')
    .description('keep the embedded engine running, for the AWS CLI and other clients (needs --local)')
    .action(() => ports.serve(program.opts()));
  return program;
}

type Run = <A extends unknown[]>(
  work: (connection: Connection, ...args: A) => Promise<number | undefined>,
) => (...args: A) => Promise<void>;

function addDeployCommands(program: Command, run: Run): void {
  for (const [name, action, description] of ACTIONS) {
    program
      .command(name)
      .argument('<environment>', 'for example stage; or shared, what the environments stand on')
      .description(description)
      .option('--ref <ref>', 'branch, tag or full commit of the application')
      .option('--targets <targets...>', 'dashboard, edge')
      .option('--reason <text>', 'why; it is kept in the history')
      .option('--require-approval', 'ask for approval even where the environment would not')
      .addOption(
        new Option(
          '--replace-host [how]',
          'deploy only: replace the dashboard host, after a snapshot and a database dump',
        ).choices(['without-dump']),
      )
      .option('--root <root>', 'of shared: "shared" (default), or "data/" and an environment')
      .option('--supersede', 'cancel a deployment that waits for approval, and take its place')
      .option('--no-wait', 'start it and return')
      .option('--json', 'print one JSON object at the end and nothing else')
      .option('--confirm <environment>', "the environment's name again; destroy needs it")
      .action(
        run((connection, environment: string, options: DeployOptions) =>
          deploy(environment, action, options, connection),
        ),
      );
  }
}

function addDecisionCommands(program: Command, run: Run): void {
  const descriptions: readonly [Word, string][] = [
    ['approve', 'approve the plan that waits for it'],
    ['reject', 'reject the plan that waits for approval'],
    ['cancel', 'end a running deployment: what it began is undone or finished, then it fails as Cancelled'],
  ];
  for (const [word, description] of descriptions) {
    program
      .command(word)
      .argument('<environment>')
      .argument('[run]', 'the deployment; default: the one that holds the lock')
      .description(description)
      .option('--comment <text>', 'why; it is kept', '')
      .action(
        run(
          async (
            connection,
            environment: string,
            runId: string | undefined,
            { comment }: { comment: string },
          ) => {
            console.log(await decide(environment, runId, word, comment, connection));
          },
        ),
      );
  }
}

function addReadingCommands(program: Command, run: Run): void {
  program
    .command('status')
    .argument('<environment>')
    .description('what serves, whether it is healthy, who is changing it')
    .option('--json', 'as JSON')
    .action(
      run(async (connection, environment: string, { json }: { json?: boolean }) => {
        const status = await readStatus(environment, connection);
        console.log(json ? JSON.stringify(status) : describeStatus(status));
      }),
    );
  program
    .command('drift')
    .argument('<environment>')
    .description('look whether somebody changed the infrastructure by hand; it happens daily by itself')
    .option('--json', 'as JSON')
    .action(
      run((connection, environment: string, options: { json?: boolean }) =>
        checkDrift(environment, options, connection),
      ),
    );
  program
    .command('history')
    .argument('<environment>')
    .description('the newest deployments and how they ended')
    .option('--most <n>', 'how many', '10')
    .option('--json', 'as JSON')
    .action(
      run(async (connection, environment: string, { json, most }: { json?: boolean; most: string }) => {
        const count = Number(most);
        if (!Number.isInteger(count) || count < 1 || count > 1000)
          throw new BadRequest('--most takes a whole number from 1 to 1000');
        const runs = await readHistory(environment, count, connection);
        console.log(json ? JSON.stringify(runs) : describeHistory(runs));
      }),
    );
}

function addConfigCommands(program: Command, run: Run): void {
  const config = program.command('config').description("the application's parameters in Parameter Store");
  const report = (
    environment: string,
    names: readonly string[],
    version: number,
    missing: readonly string[],
  ) => {
    console.log(`configuration ${version} of ${environment}: set ${names.join(', ')}`);
    if (missing.length > 0) console.log(`still missing: ${missing.join(', ')}`);
  };
  config
    .command('set')
    .argument('<environment>')
    .argument('<assignments...>', 'NAME=VALUE; for a secret its NAME alone, its value on standard input')
    .description('store values; a later deployment uses them')
    .action(
      run(async (connection, environment: string, words: string[]) => {
        const values = await readAssignments(words, connection, async () =>
          (await text(process.stdin)).replace(/\r?\n$/, ''),
        );
        const { names, version, missing } = await pushValues(environment, values, connection);
        report(environment, names, version, missing);
      }),
    );
  config
    .command('import')
    .argument('<environment>')
    .requiredOption('--file <file>', 'lines of the form export name="value", as in today\'s env-stage')
    .description('store the values of an env file')
    .action(
      run(async (connection, environment: string, { file }: { file: string }) => {
        const { values, ignored } = parseEnvFile(readEnvFile(file), connection);
        if (values.size === 0) throw new BadRequest(`${file} sets no parameter of the manifest`);
        const { names, version, missing } = await pushValues(environment, values, connection);
        report(environment, names, version, missing);
        if (ignored.length > 0) console.log(`not parameters, left out: ${ignored.join(', ')}`);
      }),
    );
}

function readEnvFile(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    throw new BadRequest(`${file} cannot be read: ${(error as Error).message}`);
  }
}
