import { execFileSync } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import {
  DescribeExecutionCommand,
  GetExecutionHistoryCommand,
  type HistoryEvent,
  StartExecutionCommand,
  StopExecutionCommand,
} from '@aws-sdk/client-sfn';
import { DynamoDBDocumentClient, GetCommand } from '@aws-sdk/lib-dynamodb';
import type { Manifest } from '../../lib/contract/manifest.ts';
import { tableName } from '../../lib/contract/names.ts';
import type { Roots } from '../../lib/local/aws-roots.ts';
import { bootEngine } from '../../lib/local/boot.ts';
import { type Clock, JumpingClock } from '../../lib/local/clock.ts';
import type { Engine } from '../../lib/local/engine.ts';
import type { Host } from '../../lib/local/hosts/host.ts';
import { pushValues } from '../../lib/operator/config.ts';
import { Connection } from '../../lib/operator/connection.ts';
import { decide, type Word } from '../../lib/operator/decide.ts';
import { readStatus, type Status } from '../../lib/operator/status.ts';
import { CDK_OUT, ROOT } from './paths.ts';

export interface SiteOptions {
  /** Time jumps over waits unless this is false. */
  readonly jumping?: boolean;
  readonly cdkOut?: string;
  readonly roots?: Roots;
  /** false: with the AWS roots, nothing is applied beforehand. */
  readonly foundations?: boolean;
  /** Changes to the text of examples/chronos.yaml. */
  readonly manifest?: (text: string) => string;
}

export interface Ended {
  readonly status: string;
  readonly error: string | undefined;
  readonly cause: string | undefined;
  readonly output: Record<string, unknown> | undefined;
}

/** An embedded engine of its own with the example application, in a folder that is removed again. */
export class Site {
  readonly folder: string;
  readonly cdkOut: string;
  readonly #jumping: boolean;
  readonly #roots: Roots;
  readonly #foundations: boolean;
  #engine: Engine | undefined;
  #connection: Connection | undefined;
  #clock: JumpingClock | undefined;

  private constructor(options: SiteOptions) {
    this.folder = mkdtempSync(join(tmpdir(), 'chronos-site-'));
    this.cdkOut = options.cdkOut ?? CDK_OUT;
    this.#jumping = options.jumping ?? true;
    this.#roots = options.roots ?? 'local';
    this.#foundations = options.foundations ?? true;
    const text = readFileSync(join(ROOT, 'examples/chronos.yaml'), 'utf8');
    writeFileSync(join(this.folder, 'chronos.yaml'), options.manifest?.(text) ?? text);
    cpSync(join(ROOT, 'examples/dashboard'), join(this.folder, 'application'), { recursive: true });
  }

  static async open(options: SiteOptions = {}): Promise<Site> {
    const site = new Site(options);
    await choosePorts(join(site.folder, '.chronos'));
    await site.start();
    return site;
  }

  get engine(): Engine {
    return this.#engine!;
  }

  get connection(): Connection {
    return this.#connection!;
  }

  get host(): Host {
    return this.engine.hosts.list()[0]!;
  }

  async start(): Promise<void> {
    this.#clock = this.#jumping ? new JumpingClock() : undefined;
    const clock: { clock?: Clock } = this.#clock ? { clock: this.#clock } : {};
    const { engine, manifest } = await bootEngine({
      folder: join(this.folder, '.chronos'),
      cdkOut: this.cdkOut,
      tofu: process.env.CHRONOS_TOFU!,
      application: join(this.folder, 'application'),
      manifest: join(this.folder, 'chronos.yaml'),
      roots: this.#roots,
      foundations: this.#foundations,
      terraform: join(ROOT, 'terraform'),
      ...clock,
    });
    this.#engine = engine;
    const { endpoint, keys } = engine;
    this.#connection = new Connection({ endpoint, keys, region: 'us-east-1', manifest });
  }

  async stop(): Promise<void> {
    this.#clock?.stop();
    await this.#engine?.stop();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop();
    // The applications that the hosts run.
    for (const states of ['states', 's3'])
      rmSync(join(this.folder, '.chronos', states), { recursive: true, force: true });
    this.#engine?.hosts.list();
    await delay(50);
    rmSync(this.folder, { recursive: true, force: true });
  }

  /** Starts a deployment and answers with its execution's ARN. */
  async begin(
    environment: string,
    input: unknown = {},
    name = `run-${randomUUID().slice(0, 8)}`,
  ): Promise<string> {
    const { executionArn = '' } = await this.connection.sfn.send(
      new StartExecutionCommand({
        stateMachineArn: await this.connection.stateMachineArn(environment),
        name,
        input: typeof input === 'string' ? input : JSON.stringify(input),
      }),
    );
    return executionArn;
  }

  async ended(executionArn: string): Promise<Ended> {
    for (;;) {
      const found = await this.connection.sfn.send(new DescribeExecutionCommand({ executionArn }));
      const { status = '', error, cause, output } = found;
      if (status !== 'RUNNING')
        return { status, error, cause, output: output ? JSON.parse(output) : undefined };
      await delay(100);
    }
  }

  async deploy(environment: string, input: unknown = {}): Promise<Ended> {
    return await this.ended(await this.begin(environment, input));
  }

  async history(executionArn: string): Promise<HistoryEvent[]> {
    const { events = [] } = await this.connection.sfn.send(new GetExecutionHistoryCommand({ executionArn }));
    return events;
  }

  /** Names of the states that an execution entered, in order. */
  async states(executionArn: string): Promise<string[]> {
    return (await this.history(executionArn)).flatMap((event) => event.stateEnteredEventDetails?.name ?? []);
  }

  /** Waits until an execution is in a state. */
  async reaches(executionArn: string, state: string): Promise<void> {
    while (!(await this.states(executionArn)).includes(state)) await delay(50);
  }

  async halt(executionArn: string): Promise<void> {
    await this.connection.sfn.send(new StopExecutionCommand({ executionArn }));
  }

  async decide(environment: string, word: Word, comment = '', as = this.connection): Promise<string> {
    return await decide(environment, undefined, word, comment, as);
  }

  /** The connection of somebody else with the engine. */
  as(name: string): Connection {
    const { endpoint, identities } = this.engine;
    const { keys } = identities.called(name);
    return new Connection({ endpoint, keys, region: 'us-east-1', manifest: this.connection.manifest });
  }

  /** The last notice that was sent. */
  lastNotice(): { subject: string; message: string } {
    return this.#notices().at(-1)!;
  }

  /** Waits until people were asked to approve an execution's plan; answers with the question. */
  async question(executionArn: string): Promise<string> {
    const runId = executionArn.split(':').at(-1)!;
    await this.reaches(executionArn, 'RequestApproval');
    for (;;) {
      const found = this.#notices().find(
        ({ message }) => message.includes(`chronos approve`) && message.includes(runId),
      );
      if (found) return found.message;
      await delay(50);
    }
  }

  #notices(): { subject: string; message: string }[] {
    const file = join(this.folder, '.chronos/notices.jsonl');
    if (!existsSync(file)) return [];
    const lines = readFileSync(file, 'utf8').split('\n').filter(Boolean);
    return lines.map((line) => JSON.parse(line));
  }

  async set(environment: string, values: Readonly<Record<string, string>>): Promise<void> {
    await pushValues(environment, new Map(Object.entries(values)), this.connection);
  }

  async status(environment: string): Promise<Status> {
    return await readStatus(environment, this.connection);
  }

  /** A row of the environment's table. */
  async row(environment: string, pk: string): Promise<Record<string, unknown> | undefined> {
    const { dynamodb } = this.connection;
    const client = DynamoDBDocumentClient.from(dynamodb);
    const { Item } = await client.send(new GetCommand({ TableName: tableName(environment), Key: { pk } }));
    return Item;
  }

  /** Waits until nobody holds the environment's lock. */
  async lockIsFree(environment: string): Promise<void> {
    while ((await this.status(environment)).lock) await delay(100);
  }

  async health(environment: string): Promise<{ commit: string; files: Record<string, string> }> {
    const response = await fetch(this.connection.manifest.environments[environment]!.healthUrl);
    return (await response.json()) as { commit: string; files: Record<string, string> };
  }

  /** Commits files to the application's main branch; answers with the commit. */
  commit(files: Readonly<Record<string, string>>, ...more: string[][]): string {
    const work = mkdtempSync(join(tmpdir(), 'chronos-commit-'));
    const git = (...args: string[]) =>
      execFileSync('git', ['-c', 'user.name=Test', '-c', 'user.email=test@example.org', ...args], {
        cwd: work,
        stdio: 'pipe',
      }).toString();
    try {
      git('clone', '--quiet', join(this.folder, '.chronos/git/dashboard.git'), '.');
      for (const [name, text] of Object.entries(files)) {
        mkdirSync(dirname(join(work, name)), { recursive: true });
        writeFileSync(join(work, name), text, { mode: 0o755 });
      }
      git('add', '--all');
      git('commit', '--quiet', '--allow-empty', '--message=A change');
      for (const args of more) git(...args);
      git('push', '--quiet', '--tags', 'origin', 'HEAD:main');
      return git('rev-parse', 'HEAD').trim();
    } finally {
      rmSync(work, { recursive: true, force: true });
    }
  }

  /** The example's own file of the application. */
  file(name: string): string {
    return readFileSync(join(this.folder, 'application', name), 'utf8');
  }

  /** Changes what `host.json` says of the environment's host. */
  changeHost(settings: object): void {
    writeFileSync(join(this.host.folder, 'host.json'), JSON.stringify(settings));
  }

  /** Changes what the functions read as the manifest from here on. */
  changeManifest(change: (manifest: Manifest) => void): void {
    const file = join(this.folder, '.chronos/manifest.json');
    const manifest = JSON.parse(readFileSync(file, 'utf8'));
    change(manifest);
    writeFileSync(file, JSON.stringify(manifest));
  }

  injectFaults(faults: object): void {
    writeFileSync(join(this.folder, '.chronos/faults.json'), JSON.stringify(faults));
  }
}

/** Ports that no other test is likely to ask for. */
async function choosePorts(folder: string): Promise<void> {
  mkdirSync(folder, { recursive: true });
  const [stage, prod] = await Promise.all([freePort(), freePort()]);
  writeFileSync(join(folder, 'ports.json'), JSON.stringify({ stage, prod }));
}

function freePort(): Promise<number> {
  return new Promise((resolve) => {
    const probe = createServer().listen(0, '127.0.0.1', () => {
      const { port } = probe.address() as { port: number };
      probe.close(() => resolve(port));
    });
  });
}
