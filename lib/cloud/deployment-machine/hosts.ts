import { hostStep } from './host-step.ts';
import { ANSWER, functionTask, type States } from './task.ts';

const RUN = { run: '{% $run %}', claim: '{% $claim %}' };
const ENTERED = '{% $states.context.State.EnteredTime %}';

/** Asks until the function gives up by itself: it knows how long is enough. */
export const askAgain = (error: string, most: number) => ({
  ErrorEquals: [error],
  IntervalSeconds: 1,
  MaxAttempts: most,
  BackoffRate: 1.5,
  MaxDelaySeconds: 15,
});

/** Brings the application onto the dashboard host, and proves that it is healthy. */
export function hostStates(): States {
  return {
    ...functionTask('LocateHost', {
      function: 'LocateHost',
      payload: RUN,
      assign: { host: ANSWER },
      retry: [{ ErrorEquals: ['HostNotFound'], IntervalSeconds: 2, MaxAttempts: 3, BackoffRate: 2 }],
      next: 'AwaitNode',
    }),
    ...functionTask('AwaitNode', {
      comment: 'A new host is not yet a managed node.',
      function: 'AwaitNode',
      payload: { ...RUN, instanceId: '{% $host.instanceId %}', enteredAt: ENTERED },
      retry: [askAgain('NodeNotReady', 80)],
      next: 'SendAwaitSetup',
    }),
    ...hostStep({ name: 'AwaitSetup', document: 'AwaitSetup', run: '$run', next: 'SendWriteEnvFiles' }),
    ...hostStep({
      name: 'WriteEnvFiles',
      document: 'WriteEnvFiles',
      run: '$run',
      assign: { hostChanged: true },
      next: 'SendRunInstall',
    }),
    ...hostStep({ name: 'RunInstall', document: 'RunInstall', run: '$run', next: 'VerifyHealth' }),
    ...functionTask('VerifyHealth', {
      function: 'VerifyHealth',
      payload: { ...RUN, enteredAt: ENTERED },
      retry: [askAgain('HealthNotReady', 260)],
      next: 'DeployEdges',
    }),
    ...functionTask('DeployEdges', { function: 'FindEdges', payload: RUN, next: 'RecordDeployment' }),
  };
}
