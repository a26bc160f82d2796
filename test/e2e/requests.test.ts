import { execFileSync } from 'node:child_process';
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { CDK_OUT } from '../support/paths.ts';
import { Site } from '../support/site.ts';

let site: Site;
beforeAll(async () => {
  site = await Site.open({ jumping: false });
});
afterAll(async () => {
  await site[Symbol.asyncDispose]();
});

async function refusal(input: unknown): Promise<string> {
  const executionArn = await site.begin('stage', input);
  const ended = await site.ended(executionArn);
  expect(ended).toMatchObject({ status: 'FAILED', error: 'RequestRefused' });
  expect(await site.states(executionArn)).toEqual(['ResolveRequest', 'RequestRefused']);
  return ended.cause ?? '';
}

test('names every problem of a request at once, before a lock is taken', async () => {
  const cause = await refusal({
    environment: 'prod',
    action: 'explode',
    colour: 'red',
    gitRef: 'no-such-branch',
    targets: [],
    reason: 7,
  });
  expect(cause).toContain('environment is "prod", but this is the state machine of "stage"');
  expect(cause).toContain('unknown key colour');
  expect(cause).toMatch(/action: Invalid option/);
  expect(cause).toMatch(/reason: .*expected string/);
  expect(cause).toContain('gitRef "no-such-branch" is neither a branch nor a tag');
  expect(cause).toMatch(/targets: Too small/);
});

test('refuses the wrong environment together with an unknown ref', async () => {
  const cause = await refusal({ environment: 'prod', gitRef: 'no-such-branch' });
  expect(cause).toContain('environment is "prod", but this is the state machine of "stage"');
  expect(cause).toContain('gitRef "no-such-branch" is neither a branch nor a tag');
});

test('refuses a ref that is both a branch and a tag, and takes its full name', async () => {
  const commit = site.commit(
    { x: '1' },
    ['branch', 'twice'],
    ['push', '--quiet', 'origin', 'twice'],
    ['tag', 'twice'],
  );
  expect(await refusal({ gitRef: 'twice' })).toMatch(
    /ambiguous: it names refs\/\S+ and refs\/\S+; give the full name/,
  );
  const ended = await site.deploy('stage', { action: 'plan', gitRef: 'refs/tags/twice' });
  expect(ended).toMatchObject({ status: 'SUCCEEDED', output: { commit } });
});

test('refuses destroy without its confirmation', async () => {
  expect(await refusal({ action: 'destroy' })).toContain('destroy needs confirm: "stage"');
});

test('refuses what is no object', async () => {
  expect(await refusal('[1]')).toMatch(/expected object/);
});

test('refuses missing and ill-formed parameters by name', async () => {
  const pointer = '/chronos/stage/config-version';
  const kept = site.engine.parameters.read(pointer);
  const reduced = JSON.parse(kept);
  delete reduced['/chronos/stage/dashboard/jwt_secret_key'];
  delete reduced['/chronos/stage/shared/frp_auth_token'];
  reduced['/chronos/stage/dashboard/vite_api_base_url'] = site.engine.parameters.put({
    Name: '/chronos/stage/dashboard/vite_api_base_url',
    Value: 'not a url',
    Overwrite: true,
  });
  site.engine.parameters.put({ Name: pointer, Value: JSON.stringify(reduced), Overwrite: true });
  const cause = await refusal({});
  expect(cause).toContain('stage lacks the parameters jwt_secret_key, frp_auth_token');
  expect(cause).toContain('parameter vite_api_base_url does not match');
  site.engine.parameters.put({ Name: pointer, Value: kept, Overwrite: true });
});

test('refuses invalid JSON and 300 KiB of input before an execution exists', async () => {
  await expect(site.begin('stage', '{"action":')).rejects.toMatchObject({ name: 'InvalidExecutionInput' });
  await expect(site.begin('stage', { reason: 'x'.repeat(300 * 1024) })).rejects.toMatchObject({
    name: 'ValidationException',
  });
});

test('the second of two deployments waits for the first, then runs', async () => {
  const [first, second] = [await site.begin('stage', {}, 'first'), await site.begin('stage', {}, 'second')];
  const ended = await Promise.all([site.ended(first), site.ended(second)]);
  expect(ended.map(({ status }) => status)).toEqual(['SUCCEEDED', 'SUCCEEDED']);
  const waits = (await site.history(second)).concat(await site.history(first));
  const held = waits.filter((event) => event.taskFailedEventDetails?.error === 'LockHeld');
  expect(held.map((event) => event.taskFailedEventDetails?.cause).join()).toMatch(
    /apply (first|second), started by .* holds the lock/,
  );
});

test('two environments run side by side', async () => {
  const prod = await site.begin('prod', { action: 'plan' });
  const stage = await site.begin('stage', { action: 'configure' });
  const ended = await Promise.all([site.ended(prod), site.ended(stage)]);
  expect(ended.map(({ status }) => status)).toEqual(['SUCCEEDED', 'SUCCEEDED']);
});

test('a changed definition in cdk.out changes the run', async () => {
  const cdkOut = mkdtempSync(join(tmpdir(), 'chronos-cdk-out-'));
  cpSync(CDK_OUT, cdkOut, { recursive: true });
  const file = join(cdkOut, 'chronos-stage.template.json');
  const template = JSON.parse(readFileSync(file, 'utf8'));
  const machine = Object.values(template.Resources).find(
    (resource) => (resource as { Type: string }).Type === 'AWS::StepFunctions::StateMachine',
  ) as { Properties: { DefinitionString: string } };
  const definition = JSON.parse(machine.Properties.DefinitionString);
  definition.States.FindTheHost = definition.States.LocateHost;
  delete definition.States.LocateHost;
  definition.States.Greet = {
    Type: 'Pass',
    Assign: { greeting: "{% 'hello ' & $run.environment %}" },
    Next: 'FindTheHost',
  };
  const text = JSON.stringify(definition).replaceAll('"LocateHost"', '"Greet"');
  machine.Properties.DefinitionString = text;
  writeFileSync(file, JSON.stringify(template));
  await using changed = await Site.open({ jumping: false, cdkOut });
  const executionArn = await changed.begin('stage');
  expect((await changed.ended(executionArn)).status).toBe('SUCCEEDED');
  const states = await changed.states(executionArn);
  expect(states).toContain('Greet');
  expect(states).toContain('FindTheHost');
  const exited = (await changed.history(executionArn)).find(
    (event) => event.stateExitedEventDetails?.name === 'Greet',
  );
  expect(exited?.stateExitedEventDetails?.assignedVariables).toEqual({ greeting: '"hello stage"' });
  rmSync(cdkOut, { recursive: true });
});

test('shows no secret in the process list while it deploys', async () => {
  const stored = JSON.parse(readFileSync(join(site.folder, '.chronos/parameters.json'), 'utf8'));
  const secrets = (Object.values(stored).flat() as { type: string; value: string }[])
    .filter(({ type }) => type === 'SecureString')
    .map(({ value }) => value.slice(0, 20));
  const executionArn = await site.begin('stage', { action: 'configure' });
  let running = true;
  const ended = site.ended(executionArn).finally(() => {
    running = false;
  });
  while (running) {
    const list = execFileSync('ps', ['axww', '-o', 'args']).toString();
    for (const secret of secrets) expect(list).not.toContain(secret);
    await new Promise((resolve) => setTimeout(resolve, 30));
  }
  expect((await ended).status).toBe('SUCCEEDED');
});
