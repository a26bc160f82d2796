import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import asl from 'asl-validator';
import { describe, expect, test } from 'vitest';
import { loadDefinition, type State } from '../../lib/local/asl/definition.ts';
import { CDK_OUT } from '../support/paths.ts';

const MACHINES = ['stage-deployment', 'prod-deployment', 'shared-deployment', 'stage-drift', 'shared-drift'];

interface StateMachineResource {
  readonly Type: string;
  readonly Properties: { readonly StateMachineName: string; readonly DefinitionString: string };
}

function definitionOf(machine: string) {
  const [environment] = machine.split('-');
  const template = JSON.parse(readFileSync(join(CDK_OUT, `chronos-${environment}.template.json`), 'utf8'));
  const found = (Object.values(template.Resources) as StateMachineResource[]).find(
    ({ Type, Properties }) =>
      Type === 'AWS::StepFunctions::StateMachine' && Properties.StateMachineName === `chronos-${machine}`,
  )!;
  const text = found.Properties.DefinitionString.replace(
    /\$\{(\w+)\}/g,
    'arn:aws:lambda:us-east-1:000000000000:function:$1:1',
  );
  return JSON.parse(text);
}

/** States from which a failure can no longer be told by Fail, and why. */
const LEADS_ELSEWHERE: Readonly<Record<string, string>> = {
  ResolveRequest: 'RequestRefused',
};

describe.each(MACHINES)('the machine %s', (machine) => {
  const definition = definitionOf(machine);
  const hasHosts = 'LocateHost' in definition.States;
  const { States } = loadDefinition(definition);
  const states = Object.entries(States) as [string, State][];
  const tasks = states.filter(([, { Type }]) => Type === 'Task');
  const successors = ([, state]: [string, State]) => [
    ...(state.Next ? [state.Next] : []),
    ...(state.Default ? [state.Default] : []),
    ...(state.Choices ?? []).map(({ Next }) => Next),
    ...(state.Catch ?? []).map(({ Next }) => Next),
  ];
  const reachable = (from: string, without: (name: string) => boolean = () => false): Set<string> => {
    const seen = new Set<string>();
    const open = [from];
    for (let name = open.pop(); name !== undefined; name = open.pop()) {
      if (seen.has(name) || without(name)) continue;
      seen.add(name);
      open.push(...successors([name, States[name]!]));
    }
    return seen;
  };

  test('passes asl-validator', () => {
    expect(asl(definition)).toMatchObject({ isValid: true });
  });

  test('has a time limit, in the machine and in every task; a heartbeat is shorter than its task', () => {
    expect(definition.TimeoutSeconds).toBeGreaterThan(0);
    for (const [name, state] of tasks) {
      expect(state.TimeoutSeconds, name).toBeGreaterThan(0);
      expect(state.TimeoutSeconds as number, name).toBeLessThan(definition.TimeoutSeconds);
      if (state.HeartbeatSeconds)
        expect(state.HeartbeatSeconds as number, name).toBeLessThan(state.TimeoutSeconds as number);
    }
  });

  test('catches every error of every task, also the one that escapes States.ALL', () => {
    for (const [name, state] of tasks) {
      const caught = (state.Catch ?? []).flatMap(({ ErrorEquals }) => ErrorEquals);
      expect(caught, name).toContain('States.ALL');
      expect(caught, name).toContain('States.DataLimitExceeded');
    }
  });

  test('leads every caught error to a Fail, never to Succeed', () => {
    for (const [name, state] of tasks) {
      for (const { Next } of state.Catch ?? []) {
        const ends = [...reachable(Next)].filter(
          (target) => successors([target, States[target]!]).length === 0,
        );
        expect(
          ends.map((end) => States[end]!.Type),
          `${name} -> ${Next}`,
        ).toEqual(['Fail']);
        if (LEADS_ELSEWHERE[name]) expect(Next).toBe(LEADS_ELSEWHERE[name]);
      }
    }
  });

  if (hasHosts) {
    test('replaces a host only after a snapshot of it', () => {
      const withoutSnapshot = reachable('LocateOldHost', (name) => name === 'SnapshotHost');
      expect(withoutSnapshot).not.toContain('ApplyInfrastructure');
      expect(States.ChooseBackUp).toMatchObject({ Default: 'ApplyInfrastructure' });
    });

    test('succeeds only through health, or where nothing was to be installed', () => {
      const withoutHealth = reachable('LocateHost', (name) => name === 'VerifyHealth');
      const goingOn = [...withoutHealth].filter((name) => States[name]!.Type === 'Succeed');
      expect(goingOn).toEqual([]);
    });
  }

  test('retries only faults of the service, waits that end by themselves, and heartbeats', () => {
    const allowed = new Set([
      'LockHeld',
      'NodeNotReady',
      'HostNotFound',
      'HealthNotReady',
      'SnapshotNotReady',
      'States.HeartbeatTimeout',
      'States.Timeout',
      'CodeBuild.AccountLimitExceededException',
      'Lambda.ServiceException',
      'Lambda.AWSLambdaException',
      'Lambda.SdkClientException',
      'Lambda.TooManyRequestsException',
    ]);
    const retried = tasks.flatMap(([, state]) =>
      (state.Retry ?? []).flatMap(({ ErrorEquals }) => ErrorEquals),
    );
    expect(retried.filter((error) => !allowed.has(error))).toEqual([]);
    // An approval, an apply that ran out of time, must not be done twice.
    for (const name of ['RequestApproval', 'PlanInfrastructure', 'ApplyInfrastructure']) {
      expect((States[name]?.Retry ?? []).flatMap(({ ErrorEquals }) => ErrorEquals)).not.toContain(
        'States.Timeout',
      );
    }
  });

  test('names no build’s buildspec', () => {
    expect(JSON.stringify(definition)).not.toContain('BuildspecOverride');
  });

  test('reaches every state', () => {
    expect([...reachable(definition.StartAt)].sort()).toEqual(states.map(([name]) => name).sort());
  });
});
