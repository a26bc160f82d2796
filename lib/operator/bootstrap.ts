import { spawn } from 'node:child_process';
import { copyFileSync, cpSync, existsSync, mkdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join, resolve as resolvePath } from 'node:path';
import {
  CreateTableCommand,
  DescribeTableCommand,
  ResourceNotFoundException,
  waitUntilTableExists,
} from '@aws-sdk/client-dynamodb';
import {
  CreateBucketCommand,
  GetObjectCommand,
  HeadBucketCommand,
  type S3ServiceException,
} from '@aws-sdk/client-s3';
import { StateMachineDoesNotExist } from '@aws-sdk/client-sfn';
import { foundationsOf, rootOf } from '../contract/manifest.ts';
import { SHARED, stateBucketName, stateTableName } from '../contract/names.ts';
import { type Backend, initArguments } from '../contract/state-backend.ts';
import type { Connection } from './connection.ts';
import { deploy } from './deploy.ts';
import { BadRequest, EXIT } from './outcome.ts';

export interface BootstrapOptions {
  /** Goes on without asking. */
  readonly yes?: boolean;
  /** A state of terraform/state that OpenTofu keeps on this machine: it is moved in. */
  readonly stateFile?: string;
  /** The platforms whose providers the lock files admit. */
  readonly platforms: readonly string[];
  /** A folder with the packages of the providers, for a machine that does not reach their registry. */
  readonly fsMirror?: string;
}

/** What bootstrapping needs from whoever starts the command. */
export interface BootstrapPorts {
  /** Finds OpenTofu, or gets it. */
  findTofu(): Promise<string>;
  /** The folder of all roots; their lock files are written there. */
  readonly terraform: string;
  /** Where work is done that a second try goes on with. */
  readonly folder: string;
  /** Whether lock files may be written beside the roots: not with an engine, whose provider is not the real one. */
  readonly keepLockFiles: boolean;
  say(line: string): void;
  /** Asks the person at the terminal; false where there is none. */
  confirm(question: string): Promise<boolean>;
}

/** The builds run on x86_64; people on any of these. */
export const PLATFORMS = ['linux_amd64', 'linux_arm64', 'darwin_amd64', 'darwin_arm64'];
const LOCKED_ROOTS = ['state', 'shared', 'data', 'deployments'];
const LOCK_FILE = '.terraform.lock.hcl';
const BUCKET = 'module.state.aws_s3_bucket.tf_state';
const TABLE = 'module.state.aws_dynamodb_table.tf_locks';

/** Today's IAM module: shared lets go of what it made. */
const RETIRED_MODULE = 'module.iam_role_and_policy';

interface Storage {
  readonly bucket: string;
  readonly table: string;
  readonly hasBucket: boolean;
  readonly hasTable: boolean;
  /** Whether the state of shared still has what today's IAM module made. */
  readonly hasRetiredRole: boolean;
}

/**
 * Makes or adopts the bucket and the lock table of all states, keeps the state of terraform/state in them, writes the
 * provider lock files, and plans `shared`. Safe to run again: what is there already is left as it is.
 * @returns the exit code
 */
export async function bootstrap(
  options: BootstrapOptions,
  ports: BootstrapPorts,
  connection: Connection,
): Promise<number> {
  const { region } = foundationsOf(connection.manifest);
  if (options.stateFile !== undefined && !existsSync(options.stateFile))
    throw new BadRequest(`there is no state file ${options.stateFile}`);
  const { account } = await connection.identity();
  const storage = await lookAtStorage(connection);
  const backend: Backend = {
    bucket: storage.bucket,
    key: 'state/terraform.tfstate',
    region,
    dynamodb_table: storage.table,
  };
  ports.say(`In account ${account}, region ${region}:`);
  for (const line of intentions(storage, backend, options, ports)) ports.say(`  - ${line}`);
  if (!options.yes && !(await ports.confirm('Go on?')))
    throw new BadRequest('nothing was done: give --yes, or answer "yes"');
  await makeStorage(storage, connection);
  const root = await StateRoot.open(backend, options, ports, connection);
  await root.adopt({ [BUCKET]: storage.bucket, [TABLE]: storage.table });
  await root.apply();
  if (storage.hasRetiredRole) await root.letGo(rootOf(connection.manifest, SHARED).stateKey, RETIRED_MODULE);
  await root.writeLockFiles(options);
  return await planShared(ports, connection);
}

function intentions(
  { bucket, table, hasBucket, hasTable, hasRetiredRole }: Storage,
  { key }: Backend,
  { stateFile, platforms }: BootstrapOptions,
  { keepLockFiles }: BootstrapPorts,
): string[] {
  return [
    `${hasBucket ? 'adopt' : 'make'} the bucket ${bucket}: versioned, encrypted, closed to the public, TLS only`,
    `${hasTable ? 'adopt' : 'make'} the table ${table}`,
    ...(stateFile === undefined ? [] : [`move the state in ${stateFile} there`]),
    `keep the state of terraform/state in s3://${bucket}/${key}`,
    ...(hasRetiredRole
      ? [
          `let go of ${RETIRED_MODULE} in the state of shared: its role stays in AWS, for the hosts that use it`,
        ]
      : []),
    keepLockFiles
      ? `write ${LOCK_FILE} of every root for ${platforms.join(', ')}: commit them, the builds take no other provider`
      : `lock the providers for ${platforms.join(', ')}, beside the engine: its provider is not the one of AWS`,
    'plan shared, and change nothing there',
  ];
}

async function lookAtStorage({ manifest, s3, dynamodb }: Connection): Promise<Storage> {
  const { namePrefix } = foundationsOf(manifest);
  const bucket = stateBucketName(namePrefix);
  const table = stateTableName(namePrefix);
  const hasBucket = await s3.send(new HeadBucketCommand({ Bucket: bucket })).then(
    () => true,
    (error: S3ServiceException) => {
      if (error.$metadata?.httpStatusCode === 404) return false;
      if (error.$metadata?.httpStatusCode !== 403) throw error;
      throw new BadRequest(
        `the bucket ${bucket} is not yours to use: another account has it (bucket names are unique in the world), or your permissions lack it. Set foundations.namePrefix in the manifest`,
      );
    },
  );
  const hasTable = await dynamodb.send(new DescribeTableCommand({ TableName: table })).then(
    () => true,
    (error) => {
      if (error instanceof ResourceNotFoundException) return false;
      throw error;
    },
  );
  const shared = hasBucket ? await readState(bucket, rootOf(manifest, SHARED).stateKey, s3) : undefined;
  return { bucket, table, hasBucket, hasTable, hasRetiredRole: hasModule(shared, RETIRED_MODULE) };
}

/** A state as it lies in the bucket; undefined where there is none yet. */
async function readState(bucket: string, key: string, s3: Connection['s3']): Promise<string | undefined> {
  try {
    const { Body } = await s3.send(new GetObjectCommand({ Bucket: bucket, Key: key }));
    return await Body?.transformToString();
  } catch (error) {
    if ((error as S3ServiceException).name === 'NoSuchKey') return undefined;
    throw error;
  }
}

/** As bare as they can be: terraform/state gives them all else, and looks after it from then on. */
async function makeStorage(storage: Storage, { manifest, s3, dynamodb }: Connection): Promise<void> {
  const { region } = foundationsOf(manifest);
  if (!storage.hasBucket) {
    // us-east-1 is S3's default, and it refuses to be named.
    const where =
      region === 'us-east-1'
        ? {}
        : { CreateBucketConfiguration: { LocationConstraint: region as 'eu-west-1' } };
    await s3.send(new CreateBucketCommand({ Bucket: storage.bucket, ...where }));
  }
  if (!storage.hasTable) {
    await dynamodb.send(
      new CreateTableCommand({
        TableName: storage.table,
        AttributeDefinitions: [{ AttributeName: 'LockID', AttributeType: 'S' }],
        KeySchema: [{ AttributeName: 'LockID', KeyType: 'HASH' }],
        BillingMode: 'PAY_PER_REQUEST',
      }),
    );
    await waitUntilTableExists(
      { client: dynamodb, maxWaitTime: 120, minDelay: 1 },
      { TableName: storage.table },
    );
  }
}

/** The root terraform/state in a copy of all roots. */
class StateRoot {
  readonly #work: string;
  readonly #tofu: string;
  readonly #ports: BootstrapPorts;
  readonly #backend: Backend;
  readonly #endpoint: string;
  readonly #env: NodeJS.ProcessEnv;

  private constructor(
    work: string,
    tofu: string,
    ports: BootstrapPorts,
    backend: Backend,
    connection: Connection,
  ) {
    this.#work = work;
    this.#tofu = tofu;
    this.#ports = ports;
    this.#backend = backend;
    this.#endpoint = connection.endpoint;
    this.#env = connection.tofuEnvironment();
  }

  /** Copies the roots, and initialises this one with its backend; a local state is moved in. */
  static async open(
    backend: Backend,
    { stateFile }: BootstrapOptions,
    ports: BootstrapPorts,
    connection: Connection,
  ): Promise<StateRoot> {
    const work = join(ports.folder, 'bootstrap');
    rmSync(work, { recursive: true, force: true });
    mkdirSync(work, { recursive: true, mode: 0o700 });
    cpSync(ports.terraform, work, {
      recursive: true,
      filter: (path) => !/\.terraform$|\.tfstate/.test(path),
    });
    const { namePrefix: name_prefix, region } = foundationsOf(connection.manifest);
    writeFileSync(join(work, 'state/chronos.auto.tfvars.json'), JSON.stringify({ name_prefix, region }));
    const root = new StateRoot(work, await ports.findTofu(), ports, backend, connection);
    const arguments_ = initArguments(backend, connection.endpoint);
    if (stateFile === undefined) await root.#run('init', '-reconfigure', ...arguments_);
    else await root.#moveIn(stateFile, arguments_);
    return root;
  }

  async #moveIn(stateFile: string, backendArguments: readonly string[]): Promise<void> {
    const local = join(this.#work, 'state/terraform.tfstate');
    copyFileSync(stateFile, local);
    const override = join(this.#work, 'state/backend_override.tf');
    writeFileSync(override, 'terraform {\n  backend "local" {}\n}\n');
    await this.#run('init', '-reconfigure');
    rmSync(override);
    await this.#run('init', '-migrate-state', '-force-copy', ...backendArguments);
    for (const copy of [local, `${local}.backup`]) rmSync(copy, { force: true });
    renameSync(stateFile, `${stateFile}.moved`);
    this.#ports.say(`${stateFile} was moved in; it is kept as ${stateFile}.moved`);
  }

  /** Imports what is not in the state yet. */
  async adopt(ids: Readonly<Record<string, string>>): Promise<void> {
    const known = addressesIn(await this.#run('state', 'pull'));
    for (const [address, id] of Object.entries(ids)) {
      if (known.has(address)) continue;
      this.#ports.say(`taking ${id} into the state`);
      await this.#run('import', '-no-color', '-input=false', '-lock-timeout=1m', address, id);
    }
  }

  /** Gives bucket and table what they lack. A plan that would destroy either fails by itself: they are protected. */
  async apply(): Promise<void> {
    const output = await this.#run('apply', '-no-color', '-input=false', '-auto-approve', '-lock-timeout=1m');
    this.#ports.say(/^(Apply complete!.*|No changes.*)$/m.exec(output)?.[0] ?? 'applied');
    // Exit code 2, changes, would be an error here.
    await this.#run('plan', '-no-color', '-input=false', '-detailed-exitcode', '-lock-timeout=1m');
  }

  /** Takes a module out of the state of shared, and leaves what it made where it is. */
  async letGo(key: string, module: string): Promise<void> {
    const cwd = join(this.#work, 'shared');
    await this.#runIn(
      cwd,
      'init',
      '-reconfigure',
      ...initArguments({ ...this.#backend, key }, this.#endpoint),
    );
    await this.#runIn(cwd, 'state', 'rm', '-lock-timeout=1m', module);
    this.#ports.say(`let go of ${module}: delete its role by hand when no host uses it any more`);
  }

  async writeLockFiles({ platforms, fsMirror }: BootstrapOptions): Promise<void> {
    const where = [
      ...(fsMirror === undefined ? [] : [`-fs-mirror=${resolvePath(fsMirror)}`]),
      ...platforms.map((name) => `-platform=${name}`),
    ];
    for (const root of LOCKED_ROOTS) {
      const cwd = join(this.#work, root);
      await this.#runIn(cwd, 'get', '-no-color');
      await this.#runIn(cwd, 'providers', 'lock', '-no-color', ...where);
      if (this.#ports.keepLockFiles)
        copyFileSync(join(cwd, LOCK_FILE), join(this.#ports.terraform, root, LOCK_FILE));
    }
    this.#ports.say(`locked the providers of ${LOCKED_ROOTS.join(', ')}`);
  }

  #run(...args: string[]): Promise<string> {
    return this.#runIn(join(this.#work, 'state'), ...args);
  }

  /** @returns standard output @throws Error with the end of what tofu printed */
  #runIn(cwd: string, ...args: string[]): Promise<string> {
    return new Promise((resolve, reject) => {
      const child = spawn(this.#tofu, args, { cwd, env: this.#env, stdio: ['ignore', 'pipe', 'pipe'] });
      let stdout = '';
      let all = '';
      for (const stream of [child.stdout, child.stderr]) {
        stream.setEncoding('utf8').on('data', (text: string) => {
          if (stream === child.stdout) stdout += text;
          all = (all + text).slice(-4000);
        });
      }
      child.on('error', reject);
      child.on('close', (code) => {
        if (code === 0) resolve(stdout);
        else reject(new Error(`tofu ${args[0]} ended with code ${code}:\n${all.trim()}`));
      });
    });
  }
}

const hasModule = (state: string | undefined, module: string): boolean =>
  [...addressesIn(state ?? '')].some((address) => address.startsWith(`${module}.`));

/** Addresses of the managed resources in a state; there is no text at all before anything was made. */
function addressesIn(state: string): ReadonlySet<string> {
  const { resources = [] } = JSON.parse(state.trim() || '{}') as {
    resources?: readonly { module?: string; mode: string; type: string; name: string }[];
  };
  const managed = resources.filter(({ mode }) => mode === 'managed');
  return new Set(managed.map(({ module, type, name }) => [module, type, name].filter(Boolean).join('.')));
}

/** The first plan, where the stack that makes it is there; otherwise what comes next. */
async function planShared(ports: BootstrapPorts, connection: Connection): Promise<number> {
  try {
    const stateMachineArn = await connection.stateMachineArn(SHARED);
    await connection.describeMachine(stateMachineArn);
  } catch (error) {
    if (!(error instanceof StateMachineDoesNotExist)) throw error;
    ports.say('The stacks are not here yet. Next:');
    ports.say('  npx cdk bootstrap && npx cdk deploy chronos-shared');
    ports.say('  npx chronos plan shared');
    return EXIT.succeeded;
  }
  return await deploy(SHARED, 'plan', {}, connection);
}
