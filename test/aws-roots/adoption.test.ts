import { execFile } from 'node:child_process';
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { violations } from '../../buildspecs/check-policies.ts';
import { ROOT } from '../support/paths.ts';

const KEY = 'ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIG5ldy1rZXktb2YtdGhlLW5ldy1yb290cy0tLS0tLS0tLS0t new';
const folder = mkdtempSync(join(tmpdir(), 'chronos-adoption-'));
const at = (...names: string[]) => join(folder, ...names);

async function tofu(cwd: string, ...args: string[]): Promise<string> {
  const { stdout } = await promisify(execFile)(process.env.CHRONOS_TOFU!, [...args], {
    cwd,
    maxBuffer: 64 * 1024 * 1024,
  });
  return stdout;
}

interface Change {
  readonly address: string;
  readonly previous_address?: string;
  readonly change: { readonly actions: readonly string[] };
}

/** Plans a root over the state that is there. */
async function planned(root: string): Promise<{ json: string; actions: Map<string, string> }> {
  await tofu(root, 'init', '-input=false', '-no-color');
  await tofu(root, 'plan', '-input=false', '-no-color', '-out=plan');
  const json = await tofu(root, 'show', '-json', 'plan');
  const { resource_changes } = JSON.parse(json) as { resource_changes: Change[] };
  return {
    json,
    actions: new Map(resource_changes.map(({ address, change }) => [address, change.actions.join('+')])),
  };
}

/** A state of today's roots, and the new roots beside it with the same state. */
beforeAll(async () => {
  cpSync(join(import.meta.dirname, 'chronos2'), at('old'), { recursive: true });
  cpSync(join(ROOT, 'terraform'), at('new'), { recursive: true });
  const local = 'terraform {\n  backend "local" {}\n}\n';
  for (const root of ['shared', 'data', 'deployments'])
    writeFileSync(at('new', root, 'backend_override.tf'), local);
  const state = (file: string) => `  backend = "local"\n  config  = { path = "${file}" }\n`;
  const shared = `data "terraform_remote_state" "shared" {\n${state(at('new/shared/terraform.tfstate'))}}\n`;
  const data = `data "terraform_remote_state" "data" {\n${state(at('new/data/terraform.tfstate'))}}\n`;
  writeFileSync(at('new/data/state_override.tf'), shared);
  writeFileSync(at('new/deployments/state_override.tf'), shared + data);
  const variables = { environment: 'stage', state_bucket: 'unused-bucket' };
  writeFileSync(at('new/data/x.auto.tfvars.json'), JSON.stringify(variables));
  writeFileSync(at('new/deployments/x.auto.tfvars.json'), JSON.stringify({ ...variables, public_key: KEY }));
  await tofu(at('old/shared'), 'init', '-input=false');
  await tofu(at('old/shared'), 'apply', '-input=false', '-auto-approve');
  writeFileSync(
    at('old/deployments/x.auto.tfvars.json'),
    JSON.stringify({ shared_state: at('old/shared/terraform.tfstate') }),
  );
  await tofu(at('old/deployments'), 'init', '-input=false');
  await tofu(at('old/deployments'), 'apply', '-input=false', '-auto-approve');
  cpSync(at('old/shared/terraform.tfstate'), at('new/shared/terraform.tfstate'));
  cpSync(at('old/deployments/terraform.tfstate'), at('new/deployments/terraform.tfstate'));
});

afterAll(() => rmSync(folder, { recursive: true, force: true }));

const idOf = (root: string, type: string): string => {
  const { resources } = JSON.parse(readFileSync(at(root, 'terraform.tfstate'), 'utf8'));
  return resources.find(
    (resource: { type: string; mode: string }) => resource.type === type && resource.mode === 'managed',
  ).instances[0].attributes.id;
};

describe('a state that today’s roots wrote is taken over', () => {
  test('shared: VPC, subnet and addresses stay, the open doors are closed', async () => {
    const { json, actions } = await planned(at('new/shared'));
    for (const address of [
      'module.networking.aws_vpc.main',
      'module.networking.aws_subnet.main',
      'aws_eip.chronos_production',
      'aws_eip.chronos_staging',
      'module.networking.aws_security_group.public',
      'module.networking.aws_network_acl.public',
    ]) {
      expect(['no-op', 'update'], `${address}: ${actions.get(address)}`).toContain(actions.get(address));
    }
    // Only the role that no root looks after any more would go, and a build refuses that.
    const deleted = [...actions]
      .filter(([, action]) => action.includes('delete'))
      .map(([address]) => address);
    expect(deleted.every((address) => address.startsWith('module.iam_role_and_policy.'))).toBe(true);
    expect(violations(json)).toHaveLength(deleted.length);
    expect(violations(json)[0]).toMatch(/may be in use: run chronos bootstrap, which lets go of it/);
    // As bootstrap does.
    await tofu(at('new/shared'), 'state', 'rm', 'module.iam_role_and_policy');
    const after = await planned(at('new/shared'));
    expect([...after.actions.values()].filter((action) => action.includes('delete'))).toEqual([]);
    expect(violations(after.json)).toEqual([]);
    const vpc = idOf('new/shared', 'aws_vpc');
    await tofu(at('new/shared'), 'apply', '-input=false', 'plan');
    expect(idOf('new/shared', 'aws_vpc')).toBe(vpc);
    expect((await planned(at('new/shared'))).actions.get('module.networking.aws_vpc.main')).toBe('no-op');
  });

  test('deployments: the host stays, and only what can change in place does', async () => {
    await tofu(at('new/data'), 'init', '-input=false');
    await tofu(at('new/data'), 'apply', '-input=false', '-auto-approve');
    const { json, actions } = await planned(at('new/deployments'));
    expect(actions.get('module.ec2.aws_instance.deployment')).toBe('update');
    expect(actions.get('module.ec2.aws_eip_association.deployment')).toBe('no-op');
    expect(actions.get('module.ec2.aws_key_pair.deployer')).toMatch(/^(no-op|update)$/);
    expect([...actions.values()].filter((action) => action.includes('delete'))).toEqual([]);
    expect(violations(json)).toEqual([]);
    const instance = idOf('new/deployments', 'aws_instance');
    await tofu(at('new/deployments'), 'apply', '-input=false', 'plan');
    expect(idOf('new/deployments', 'aws_instance')).toBe(instance);
  });
});
