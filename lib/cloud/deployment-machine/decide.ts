import { ANSWER, catchInto, type DeploymentKind, functionTask, type States } from './task.ts';

/** Up to an hour behind another deployment, asking often at first. */
const QUEUE = {
  ErrorEquals: ['LockHeld'],
  IntervalSeconds: 2,
  MaxAttempts: 125,
  BackoffRate: 1.3,
  MaxDelaySeconds: 30,
};

/** Decides what is to be done, and takes the right to do it. */
export function decideStates(kind: DeploymentKind): States {
  const resolve = functionTask('ResolveRequest', {
    function: 'ResolveRequest',
    payload: { input: '{% $states.input %}', execution: '{% $states.context.Execution %}' },
    assign: {
      run: ANSWER,
      claim: { owner: '{% $states.context.Execution.Id %}', fence: 0 },
      plan: "{% '' %}",
      hostChanged: false,
      restoration: 'not-needed',
    },
    next: 'AcquireLock',
  });
  return {
    ResolveRequest: {
      ...resolve.ResolveRequest,
      // Nothing is held yet, so nothing has to be closed.
      Catch: catchInto('RequestRefused', 'ResolveRequest'),
    },
    RequestRefused: {
      Type: 'Fail',
      Error:
        "{% $exists($caught.Error) and $caught.Error != null ? $caught.Error : 'ResolveRequestFailed' %}",
      Cause:
        "{% $substring($caught.Cause, 0, 1) = '{' ? $parse($caught.Cause).errorMessage : $string($caught.Cause) %}",
    },
    ...functionTask('AcquireLock', {
      function: 'AcquireLock',
      payload: { run: '{% $run %}' },
      retry: [QUEUE],
      assign: { claim: ANSWER },
      next: kind === 'hosts' ? 'ChooseWork' : 'PlanInfrastructure',
    }),
    ...(kind === 'hosts' ? chooseWork() : {}),
  };
}

/** A configure run has no builds. */
function chooseWork(): States {
  return {
    ChooseWork: {
      Type: 'Choice',
      Choices: [{ Condition: "{% $run.action = 'configure' %}", Next: 'ReviewConfiguration' }],
      Default: 'PlanInfrastructure',
    },
  };
}
