import { beforeEach, expect, test } from 'vitest';
import { beginDriftCheck } from '../../lambdas/begin-drift-check/core.ts';
import { judgeDrift } from '../../lambdas/judge-drift/core.ts';
import type { Drift, DriftedResource } from '../../lib/contract/drift.ts';
import { parseManifest } from '../../lib/contract/manifest.ts';

let kept: Drift | undefined;
let notices: { subject: string; message: string }[];
let lock: { fence: number; runId?: string; action?: string };
let time: number;
let measured: number[];

beforeEach(() => {
  kept = undefined;
  notices = [];
  measured = [];
  lock = { fence: 3 };
  time = Date.parse('2026-01-01T00:00:00Z');
});

const ports = {
  readLock: async () => lock,
  readDrift: async () => kept,
  rememberDrift: async (drift: Drift) => {
    kept = drift;
  },
  forgetDrift: async () => {
    kept = undefined;
  },
  notify: async (subject: string, message: string) => {
    notices.push({ subject, message });
  },
  measure: (count: number) => measured.push(count),
  now: () => time,
};

const HOST: DriftedResource = { address: 'aws_instance.x', change: 'changed', attributes: ['instance_type'] };
const GONE: DriftedResource = { address: 'aws_eip.x', change: 'deleted', attributes: [] };
const judge = (...resources: DriftedResource[]) => judgeDrift('stage', 3, resources, ports);

test('people are told once, with the time at which it was first seen', async () => {
  expect(await judge(HOST)).toMatchObject({ drift: 'found', since: '2026-01-01T00:00:00.000Z' });
  time += 24 * 3600 * 1000;
  expect(await judge(HOST)).toMatchObject({ drift: 'found', since: '2026-01-01T00:00:00.000Z' });
  expect(notices).toHaveLength(1);
  expect(notices[0]?.message).toContain('aws_instance.x: instance_type changed');
});

test('people are told again when it is something else, and when it is over', async () => {
  await judge(HOST);
  await judge(HOST, GONE);
  expect(notices.at(-1)?.message).toContain('aws_eip.x is gone');
  expect(await judge()).toEqual({ drift: 'none', text: 'no drift' });
  expect(notices.map(({ subject }) => subject)).toEqual([
    'stage: the infrastructure has drifted',
    'stage: the infrastructure has drifted',
    'stage: no more drift',
  ]);
  expect(kept).toBeUndefined();
  expect(measured).toEqual([1, 2, 0]);
});

test('nothing is said where there was and is no drift', async () => {
  await judge();
  expect(notices).toEqual([]);
});

test.each([
  ['runs', { fence: 4, runId: 'apply-1' }],
  ['ran', { fence: 4 }],
])('what was seen while a deployment %s is discarded', async (_, now) => {
  lock = now;
  expect(await judge(HOST)).toMatchObject({ drift: 'discarded' });
  expect({ kept, notices, measured }).toEqual({ kept: undefined, notices: [], measured: [] });
});

test('a check does not begin while a deployment runs', async () => {
  lock = { fence: 3, runId: 'apply-1', action: 'apply' };
  const manifest = parseManifest(
    {
      repository: 'https://example.org/x.git',
      host: { user: 'u', checkout: '/c', setupMarker: '/m', setupFailure: '/f' },
      install: { command: 'x', service: 's' },
      parameters: {},
      files: [],
      foundations: { namePrefix: 'lab-' },
      environments: {
        stage: {
          defaultAction: 'apply',
          approval: 'never',
          healthUrl: 'https://x.example.org',
          infrastructure: { root: 'deployments', variables: { instance_type: 't3.small' } },
        },
      },
    },
    'test',
  );
  const check = await beginDriftCheck('check-1', 'stage', manifest, ports);
  expect(check.skipped).toBe('apply apply-1 is running');
  lock = { fence: 3 };
  const { skipped, variables } = await beginDriftCheck('check-1', 'stage', manifest, ports);
  expect(skipped).toBe('');
  const value = (name: string) => JSON.parse(variables.find(({ Name }) => Name === name)!.Value);
  expect(value('TOFU_BACKEND')).toMatchObject({
    bucket: 'lab-chronos-terraform-state-storage',
    key: 'environments/stage/terraform.tfstate',
  });
  expect(value('TOFU_VARIABLES')).toEqual({
    environment: 'stage',
    region: 'us-east-1',
    name_prefix: 'lab-',
    state_bucket: 'lab-chronos-terraform-state-storage',
    instance_type: 't3.small',
  });
});
