import { execFile } from 'node:child_process';
import { cpSync, existsSync, readFileSync, renameSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { DeleteItemCommand, ListTablesCommand } from '@aws-sdk/client-dynamodb';
import { CreateBucketCommand, PutObjectCommand } from '@aws-sdk/client-s3';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type BootstrapPorts, bootstrap } from '../../lib/operator/bootstrap.ts';
import { readHistory } from '../../lib/operator/status.ts';
import { ROOT } from '../support/paths.ts';
import { Site } from '../support/site.ts';

let site: Site;

/** An engine on whose S3 and DynamoDB nothing was applied yet. */
beforeAll(async () => {
  site = await Site.open({ jumping: false, roots: 'aws', foundations: false });
});
afterAll(async () => {
  await site[Symbol.asyncDispose]();
});

const state = (key: string) =>
  JSON.parse(
    readFileSync(join(site.folder, '.chronos/s3/chronos-terraform-state-storage/environments', key), 'utf8'),
  ) as { resources: { type: string; instances: { attributes: Record<string, unknown> }[] }[] };

async function applied(input: object) {
  const executionArn = await site.begin('shared', { action: 'apply', ...input });
  await site.question(executionArn);
  await site.decide('shared', 'approve');
  return await site.ended(executionArn);
}

/** The folder of the provider that stands in for AWS's. */
const [, fsMirror = ''] =
  /path\s*=\s*"([^"]+)"/.exec(readFileSync(process.env.TF_CLI_CONFIG_FILE!, 'utf8')) ?? [];
const bootstrapOptions = { yes: true, platforms: ['linux_amd64'], fsMirror };

function bootstrapPorts(said: string[]): BootstrapPorts {
  return {
    findTofu: async () => process.env.CHRONOS_TOFU!,
    terraform: join(ROOT, 'terraform'),
    folder: site.folder,
    keepLockFiles: false,
    say: (line) => said.push(line),
    confirm: async () => false,
  };
}

test('bootstrap says what it will do, and does nothing unasked', async () => {
  const said: string[] = [];
  await expect(
    bootstrap({ ...bootstrapOptions, yes: false }, bootstrapPorts(said), site.connection),
  ).rejects.toThrow('nothing was done');
  expect(said.join('\n')).toMatch(/make the bucket chronos-terraform-state-storage/);
  expect(said.join('\n')).toMatch(/make the table chronos-terraform-state-locks/);
  const { TableNames } = await site.connection.dynamodb.send(new ListTablesCommand({}));
  expect(TableNames).not.toContain('chronos-terraform-state-locks');
});

test('bootstrap makes bucket and table, keeps their state in them, locks providers, and plans shared', async () => {
  const said: string[] = [];
  expect(await bootstrap(bootstrapOptions, bootstrapPorts(said), site.connection)).toBe(0);
  expect(said.join('\n')).toMatch(/Apply complete!/);
  const types = state('../state/terraform.tfstate').resources.map(({ type }) => type);
  expect(types).toEqual(
    expect.arrayContaining(['aws_s3_bucket', 'aws_dynamodb_table', 'aws_s3_bucket_versioning']),
  );
  const lockFile = readFileSync(join(site.folder, 'bootstrap/shared/.terraform.lock.hcl'), 'utf8');
  expect(lockFile).toMatch(/provider "registry\.opentofu\.org\/hashicorp\/aws" \{\n +version += "6\.62\.0"/);
  const plans = await readHistory('shared', 5, site.connection);
  expect(plans).toMatchObject([{ status: 'SUCCEEDED' }]);
});

test('a second bootstrap adopts what is there and changes nothing', async () => {
  const said: string[] = [];
  expect(await bootstrap(bootstrapOptions, bootstrapPorts(said), site.connection)).toBe(0);
  expect(said.join('\n')).toMatch(/adopt the bucket/);
  expect(said.join('\n')).not.toMatch(/taking .* into the state/);
  expect(said.join('\n')).toMatch(/No changes|0 added, 0 changed, 0 destroyed/);
});

test('a local state of bucket and table is moved in, and kept under another name', async () => {
  const bucket = join(site.folder, '.chronos/s3/chronos-terraform-state-storage/state/terraform.tfstate');
  const local = join(site.folder, 'laptop.tfstate');
  renameSync(bucket, local);
  await site.connection.dynamodb.send(
    new DeleteItemCommand({
      TableName: 'chronos-terraform-state-locks',
      Key: { LockID: { S: 'chronos-terraform-state-storage/state/terraform.tfstate-md5' } },
    }),
  );
  const said: string[] = [];
  const options = { ...bootstrapOptions, stateFile: local };
  expect(await bootstrap(options, bootstrapPorts(said), site.connection)).toBe(0);
  expect(said.join('\n')).toMatch(/laptop\.tfstate was moved in; it is kept as .*laptop\.tfstate\.moved/);
  expect(state('../state/terraform.tfstate').resources.length).toBeGreaterThan(5);
  expect(existsSync(local)).toBe(false);
  await expect(bootstrap(options, bootstrapPorts([]), site.connection)).rejects.toThrow(
    'there is no state file',
  );
});

test('a plan of shared changes nothing, and needs no approval', async () => {
  const ended = await site.deploy('shared');
  expect(ended.status, ended.cause).toBe('SUCCEEDED');
  expect(ended.output).toMatchObject({
    action: 'plan',
    infrastructure: expect.stringMatching(/^\d+ to create$/),
  });
});

test('shared is applied after approval, always, and then there is nothing to do', async () => {
  const ended = await applied({});
  expect(ended.status, ended.cause).toBe('SUCCEEDED');
  const { resources } = state('shared/terraform.tfstate');
  const types = resources.map(({ type }) => type);
  expect(types).toEqual(expect.arrayContaining(['aws_vpc', 'aws_eip', 'aws_iam_role']));
  const role = resources.find(({ type }) => type === 'aws_iam_role')!.instances[0]!.attributes;
  expect(role.permissions_boundary).toBe('arn:aws:iam::123456789012:policy/chronos-boundary');
  const again = await site.deploy('shared', { action: 'apply' });
  expect(again, again.cause).toMatchObject({
    status: 'SUCCEEDED',
    output: { infrastructure: 'no infrastructure changes' },
  });
});

test('the data of an environment is a root of its own', async () => {
  const ended = await applied({ root: 'data/stage' });
  expect(ended.status, ended.cause).toBe('SUCCEEDED');
  const types = state('stage/data.tfstate').resources.map(({ type }) => type);
  expect(types).toEqual(expect.arrayContaining(['aws_ebs_volume', 'aws_dlm_lifecycle_policy']));
});

test('an environment can be deployed on them', async () => {
  expect(await site.deploy('stage')).toMatchObject({ status: 'SUCCEEDED' });
});

test('destroying or configuring what all stand on is refused, together with all else that is wrong', async () => {
  const ended = await site.deploy('shared', { action: 'destroy', gitRef: 'main', root: 'deployments' });
  expect(ended).toMatchObject({ status: 'FAILED', error: 'RequestRefused' });
  expect(ended.cause).toContain('action "destroy" is refused for shared: the environments stand on it');
  expect(ended.cause).toContain('gitRef is for an environment, not for shared');
  expect(ended.cause).toContain('root: must be "shared" or "data/" and an environment');
});

test('bad variables are refused by name before a build starts', async () => {
  site.changeManifest((manifest) => {
    manifest.foundations!.shared = {
      vpc_cidr: '10.0.0.0/33',
      extra_ingress: [{ port: 22, cidr: '0.0.0.0/0' }],
    };
    manifest.environments.stage!.infrastructure.variables = {
      instance_type: 'huge',
      public_key: 'ssh-ed25519 AAAA',
      instanse: 1,
    };
  });
  const shared = await site.deploy('shared');
  expect(shared).toMatchObject({ status: 'FAILED', error: 'RequestRefused' });
  expect(shared.cause).toMatch(/terraform\/shared: vpc_cidr must be an IPv4 range/);
  expect(shared.cause).toMatch(/extra_ingress\.0\.cidr must not be the whole internet/);
  const stage = await site.deploy('stage');
  expect(stage).toMatchObject({ status: 'FAILED', error: 'RequestRefused' });
  expect(stage.cause).toMatch(/instance_type must be an EC2 instance type/);
  expect(stage.cause).toMatch(/public_key must be one line of an OpenSSH public key/);
  expect(stage.cause).toMatch(/there is no instanse/);
});

test('bootstrap over what chronos2 made lets go of the old role, and says so before it does', async () => {
  await using adopted = await Site.open({ jumping: false, roots: 'aws', foundations: false });
  const old = join(adopted.folder, 'chronos2');
  cpSync(join(import.meta.dirname, 'chronos2/shared'), old, { recursive: true });
  const tofu = (...args: string[]) => promisify(execFile)(process.env.CHRONOS_TOFU!, args, { cwd: old });
  await tofu('init', '-input=false');
  await tofu('apply', '-input=false', '-auto-approve');
  const { s3 } = adopted.connection;
  const Bucket = 'chronos-terraform-state-storage';
  const Key = 'environments/shared/terraform.tfstate';
  await s3.send(new CreateBucketCommand({ Bucket }));
  await s3.send(new PutObjectCommand({ Bucket, Key, Body: readFileSync(join(old, 'terraform.tfstate')) }));
  const said: string[] = [];
  const ports = { ...bootstrapPorts(said), folder: adopted.folder };
  expect(await bootstrap(bootstrapOptions, ports, adopted.connection)).toBe(0);
  expect(said.join('\n')).toMatch(/- let go of module\.iam_role_and_policy in the state of shared/);
  const left = readFileSync(join(adopted.folder, '.chronos/s3', Bucket, Key), 'utf8');
  expect(left).not.toContain('iam_role_and_policy');
  expect(left).toContain('aws_vpc');
  const again: string[] = [];
  await bootstrap(bootstrapOptions, { ...ports, say: (line) => again.push(line) }, adopted.connection);
  expect(again.join('\n')).not.toMatch(/let go/);
});
