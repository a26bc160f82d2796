import { ANSWER, functionTask, type States } from './task.ts';

/** Records what was reached, lets the next deployment in, and says so. */
export function closeStates(): States {
  return {
    ...functionTask('RecordDeployment', {
      function: 'RecordDeployment',
      payload: {
        run: '{% $run %}',
        claim: '{% $claim %}',
        outcome: 'succeeded',
        plan: '{% $plan %}',
        failure: null,
        restoration: 'not-needed',
      },
      // What was recorded is the release to keep: a failure from here on restores nothing.
      assign: { report: ANSWER, hostChanged: false },
      next: 'ReleaseLock',
    }),
    ...functionTask('ReleaseLock', {
      function: 'ReleaseLock',
      payload: { claim: '{% $claim %}' },
      next: 'Notify',
    }),
    ...functionTask('Notify', { function: 'Notify', payload: { report: '{% $report %}' }, next: 'Deployed' }),
    Deployed: {
      Type: 'Succeed',
      Output: {
        environment: '{% $run.environment %}',
        action: '{% $run.action %}',
        commit: '{% $run.commit %}',
        configuration: '{% $run.configuration.version %}',
        infrastructure: '{% $plan %}',
      },
    },
  };
}
