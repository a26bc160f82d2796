import { InvokeCommand } from '@aws-sdk/client-lambda';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { Site } from '../support/site.ts';

let site: Site;

/** Alice asks, Bob may approve. */
beforeAll(async () => {
  site = await Site.open({
    jumping: false,
    manifest: (text) => text.replace('approver: anyone', 'approver: another'),
  });
});
afterAll(async () => {
  await site[Symbol.asyncDispose]();
});

async function asked(more: object = {}): Promise<string> {
  const { arn: requestedBy } = await site.as('alice').identity();
  const executionArn = await site.begin('prod', { action: 'apply', requestedBy, ...more });
  await site.question(executionArn);
  return executionArn;
}

test('whoever asked cannot approve; somebody else can, and is on record', async () => {
  const executionArn = await asked({ reason: 'the first one' });
  await expect(site.decide('prod', 'approve', '', site.as('alice'))).rejects.toThrow(
    /alice asked for deployment \S+ and cannot approve it: somebody else must/,
  );
  expect(await site.decide('prod', 'approve', 'looks right', site.as('bob'))).toContain('was approved');
  expect(await site.ended(executionArn)).toMatchObject({ status: 'SUCCEEDED' });
  const approval = await site.row('prod', `approval#${executionArn.split(':').at(-1)}`);
  expect(approval).toMatchObject({
    decision: 'approved',
    decidedBy: 'arn:aws:iam::000000000000:user/bob',
    comment: 'looks right',
    requestedBy: 'arn:aws:iam::000000000000:user/alice',
  });
});

test('the question says how far the plan reaches, and which commits it brings', async () => {
  const commit = site.commit({ 'NOTES.md': 'more\n' });
  const executionArn = await asked();
  expect(site.lastNotice().subject).toBe('Approval needed: apply prod');
  const message = await site.question(executionArn);
  expect(message).toMatch(/^alice asks to apply prod: main \([0-9a-f]{12}\), configuration 1\.$/m);
  expect(message).toContain('Blast radius: nothing changes.');
  expect(message).toContain(`Commits since the last release:\n  ${commit.slice(0, 12)} Test: A change`);
  expect(message).toContain('Somebody else than who asks must approve.');
  await site.decide('prod', 'reject', 'not today', site.as('alice'));
  const ended = await site.ended(executionArn);
  expect(ended).toMatchObject({ status: 'FAILED', error: 'Rejected' });
  expect(ended.cause).toMatch(/alice rejected the plan: not today/);
});

test('a request that does not say who asks is refused where somebody else must approve', async () => {
  const ended = await site.deploy('prod', { action: 'apply' });
  expect(ended).toMatchObject({ status: 'FAILED', error: 'RequestRefused' });
  expect(ended.cause).toMatch(/requestedBy is missing: in prod somebody else than who asks must approve/);
  expect(await site.deploy('prod', {})).toMatchObject({ status: 'SUCCEEDED' });
});

test('a direct invocation cannot claim to be somebody: only the function URL says who signed', async () => {
  const executionArn = await asked();
  const { Payload } = await site.connection.lambda.send(
    new InvokeCommand({
      FunctionName: 'chronos-prod-decide-deployment',
      Payload: JSON.stringify({ decision: 'approve', runId: executionArn.split(':').at(-1), by: 'bob' }),
    }),
  );
  expect(Buffer.from(Payload!).toString()).toMatch(/nobody signed the request/);
  expect((await site.status('prod')).waitsForApproval).toBe(true);
  await site.decide('prod', 'cancel', '', site.as('bob'));
  expect(await site.ended(executionArn)).toMatchObject({ error: 'Cancelled' });
});
