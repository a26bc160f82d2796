import { hostStep } from './host-step.ts';
import { askAgain } from './hosts.ts';
import { ANSWER, catchAll, type DeploymentKind, functionTask, type States } from './task.ts';

/** The failure in words when not even the diagnosis worked. */
const UNDIAGNOSED = {
  error: "{% $exists($caught.Error) and $caught.Error != null ? $caught.Error : 'UnnamedError' %}",
  sentence: "{% $failedState & ' failed: ' & $substring($string($caught.Cause), 0, 1000) %}",
  excerpt: "{% '' %}",
  outcome: 'failed',
  restore: false,
};

/** The run of the last good release, with an hour of its own. */
const RESTORE = oneLine(`{% $merge([$run, {
  "commit": $run.lastRelease.commit,
  "gitRef": $run.lastRelease.gitRef,
  "configuration": $run.lastRelease.configuration,
  "deadline": $fromMillis($millis() + 3600000),
  "restoring": true
}]) %}`);

const CAUSE = oneLine(`{% $join([
  $failure.sentence,
  $restoration = 'restored' ? 'The last good release was brought back and is healthy.' : '',
  $restoration = 'failed' ? 'The last good release could NOT be brought back (' & $restoreFailure & '): the application may be down.' : '',
  $failure.excerpt
][$ != ''], '\\n') %}`);

/** What the report says of a failed run. */
const REPORT = {
  run: '{% $run %}',
  outcome: '{% $failure.outcome %}',
  plan: '{% $plan %}',
  failure: '{% $failure %}',
  restoration: '{% $restoration %}',
};

/** Finds out why, brings the last good release back, frees the lock, says so; the original error stays the error. */
export function failureStates(kind: DeploymentKind): States {
  const afterDiagnosis = kind === 'hosts' ? 'ChooseRollBack' : 'RecordFailure';
  const diagnose = functionTask('CollectDiagnostics', {
    function: 'CollectDiagnostics',
    payload: {
      run: '{% $run %}',
      state: '{% $failedState %}',
      caught: '{% $caught %}',
      hostChanged: '{% $hostChanged %}',
    },
    assign: { failure: ANSWER },
    next: afterDiagnosis,
  });
  const record = functionTask('RecordFailure', {
    function: 'RecordDeployment',
    payload: { ...REPORT, claim: '{% $claim %}' },
    assign: { report: ANSWER },
    next: 'ReleaseFailedLock',
  });
  return {
    CollectDiagnostics: {
      ...diagnose.CollectDiagnostics,
      Catch: catchAll(afterDiagnosis, { failure: UNDIAGNOSED }),
    },
    ...(kind === 'hosts' ? rollBackStates() : {}),
    RecordFailure: {
      ...record.RecordFailure,
      Catch: catchAll('ReleaseFailedLock', { report: { ...REPORT, endedAt: '{% $now() %}' } }),
    },
    ReleaseFailedLock: {
      ...functionTask('ReleaseFailedLock', {
        function: 'ReleaseLock',
        payload: { claim: '{% $claim %}' },
        next: 'NotifyFailure',
      }).ReleaseFailedLock,
      // close-abandoned frees a lock that could not be released here.
      Catch: catchAll('NotifyFailure'),
    },
    NotifyFailure: {
      ...functionTask('NotifyFailure', {
        function: 'Notify',
        payload: { report: '{% $report %}' },
        next: 'Failed',
      }).NotifyFailure,
      Catch: catchAll('Failed'),
    },
    Failed: { Type: 'Fail', Error: '{% $failure.error %}', Cause: CAUSE },
  };
}

/** Brings the last good release back to the host that the failed run has touched. */
function rollBackStates(): States {
  const restoreFailed = 'RollBackFailed';
  return {
    ChooseRollBack: {
      Type: 'Choice',
      Choices: [{ Condition: '{% $failure.restore %}', Next: 'RollBack' }],
      Default: 'RecordFailure',
    },
    RollBack: {
      Type: 'Pass',
      Comment: 'The host goes back to the commit and configuration that were healthy last.',
      Assign: { restore: RESTORE },
      Next: 'SendRestoreEnvFiles',
    },
    ...hostStep({
      name: 'RestoreEnvFiles',
      document: 'WriteEnvFiles',
      run: '$restore',
      onError: restoreFailed,
      next: 'SendRestoreInstall',
    }),
    ...hostStep({
      name: 'RestoreInstall',
      document: 'RunInstall',
      run: '$restore',
      onError: restoreFailed,
      next: 'VerifyRestoredHealth',
    }),
    ...functionTask('VerifyRestoredHealth', {
      function: 'VerifyHealth',
      payload: {
        run: '{% $restore %}',
        claim: '{% $claim %}',
        enteredAt: '{% $states.context.State.EnteredTime %}',
      },
      retry: [askAgain('HealthNotReady', 260)],
      onError: restoreFailed,
      next: 'RolledBack',
    }),
    RolledBack: { Type: 'Pass', Assign: { restoration: 'restored' }, Next: 'RecordFailure' },
    RollBackFailed: {
      Type: 'Pass',
      Comment: 'catchInto has put the failed state of the roll back into failedState and caught.',
      Assign: {
        restoration: 'failed',
        restoreFailure: "{% $failedState & ': ' & $substring($string($caught.Cause), 0, 500) %}",
      },
      Next: 'RecordFailure',
    },
  };
}

/** asl-validator takes no expression of several lines. */
function oneLine(expression: string): string {
  return expression.replace(/\s*\n\s*/g, ' ');
}
