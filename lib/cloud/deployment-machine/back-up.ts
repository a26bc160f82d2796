import { hostStep } from './host-step.ts';
import { askAgain } from './hosts.ts';
import { ANSWER, functionTask, type States } from './task.ts';

/** Before a host is replaced its disks and its database are kept; otherwise the apply comes at once. */
export function backUpStates(): States {
  const run = { run: '{% $run %}', claim: '{% $claim %}' };
  return {
    ChooseBackUp: {
      Type: 'Choice',
      Choices: [{ Condition: "{% $run.infrastructure.replace != '' %}", Next: 'LocateOldHost' }],
      Default: 'ApplyInfrastructure',
    },
    ...functionTask('LocateOldHost', {
      function: 'LocateHost',
      payload: run,
      assign: { host: ANSWER },
      next: 'SnapshotHost',
    }),
    ...functionTask('SnapshotHost', {
      comment: 'Takes the snapshot once, then waits until it is complete.',
      function: 'SnapshotHost',
      payload: {
        ...run,
        instanceId: '{% $host.instanceId %}',
        enteredAt: '{% $states.context.State.EnteredTime %}',
      },
      retry: [askAgain('SnapshotNotReady', 300)],
      assign: {
        plan: "{% $plan & '; snapshots of the old host: ' & $join($states.result.Payload.snapshots, ', ') %}",
      },
      next: 'ChooseDump',
    }),
    ChooseDump: {
      Type: 'Choice',
      Choices: [{ Condition: '{% $run.dumpFirst %}', Next: 'SendDumpDatabase' }],
      Default: 'ApplyInfrastructure',
    },
    ...hostStep({
      name: 'DumpDatabase',
      document: 'DumpDatabase',
      run: '$run',
      assignAfter: { plan: "{% $plan & '; database dump: ' & $states.result.facts.dump %}" },
      next: 'ApplyInfrastructure',
    }),
  };
}
