import { execFile } from 'node:child_process';
import { cpSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { runSimulation } from '@cloud-copilot/iam-simulate';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { ROOT } from '../support/paths.ts';

const folder = mkdtempSync(join(tmpdir(), 'chronos-roots-'));
const ACCOUNT = '123456789012';

async function tofu(root: string, ...args: string[]): Promise<string> {
  const options = { cwd: join(folder, root), maxBuffer: 64 * 1024 * 1024 };
  const { stdout } = await promisify(execFile)(process.env.CHRONOS_TOFU!, args, options);
  return stdout;
}

beforeAll(() => {
  cpSync(join(ROOT, 'terraform'), folder, { recursive: true });
  for (const root of ['state', 'shared', 'data', 'deployments']) {
    writeFileSync(join(folder, root, 'backend_override.tf'), 'terraform {\n  backend "local" {}\n}\n');
  }
});

afterAll(() => rmSync(folder, { recursive: true }));

describe.each(['state', 'shared', 'data', 'deployments'])('the root %s', (root) => {
  test('is valid and passes its own tests', async () => {
    await tofu(root, 'init', '-input=false', '-no-color');
    await tofu(root, 'validate', '-no-color');
    expect(await tofu(root, 'test', '-no-color')).toMatch(/Success! \d+ passed, 0 failed/);
  });
});

test('state and shared are applied, and a second plan finds nothing to do', async () => {
  for (const root of ['state', 'shared']) {
    await tofu(root, 'init', '-input=false', '-no-color');
    await tofu(root, 'apply', '-input=false', '-auto-approve', '-no-color');
    // Exit code 2, changes, would be an error here.
    await tofu(root, 'plan', '-input=false', '-detailed-exitcode', '-no-color');
  }
});

test('a host reads the parameters of its own environment and scopes, by exact name, and nothing else', async () => {
  const { values } = JSON.parse(await tofu('shared', 'show', '-json')) as {
    values: {
      root_module: {
        child_modules: { address: string; resources: { type: string; values: { policy: string } }[] }[];
      };
    };
  };
  const module = values.root_module.child_modules.find(
    ({ address }) => address === 'module.host_role["stage"]',
  )!;
  const policy = JSON.parse(
    module.resources.find(({ type }) => type === 'aws_iam_role_policy')!.values.policy,
  );
  const allows = async (action: string, name: string) => {
    const outcome = await runSimulation(
      {
        request: {
          principal: `arn:aws:iam::${ACCOUNT}:role/chronos-stage-host`,
          action,
          resource: {
            resource: `arn:aws:ssm:us-east-1:${ACCOUNT}:parameter/chronos/${name}`,
            accountId: ACCOUNT,
          },
          contextVariables: {},
        },
        identityPolicies: [{ name: 'host', policy }],
        serviceControlPolicies: [],
        resourceControlPolicies: [],
      },
      {},
    );
    if (outcome.resultType === 'error') throw new Error(JSON.stringify(outcome.errors));
    return outcome.overallResult === 'Allowed';
  };
  expect(await allows('ssm:GetParameters', 'stage/dashboard/postgres_password')).toBe(true);
  expect(await allows('ssm:GetParameters', 'stage/shared/frp_auth_token')).toBe(true);
  expect(await allows('ssm:GetParameters', 'stage/edge/pi_user')).toBe(false);
  expect(await allows('ssm:GetParameters', 'prod/dashboard/postgres_password')).toBe(false);
  expect(await allows('ssm:GetParametersByPath', 'stage/dashboard')).toBe(false);
  expect(await allows('ssm:PutParameter', 'stage/dashboard/postgres_password')).toBe(false);
});
