import { ANSWER, catchAll, functionTask, type States } from '../deployment-machine/task.ts';

/** The build's own time-out is shorter: see deployment-stack.ts. */
const COMPARE_SECONDS = 35 * 60;
const MACHINE_SECONDS = 3600;

/** Compares the real infrastructure with the state, and reports; it never changes either. */
export function driftDefinition(): Readonly<Record<string, unknown>> & { readonly States: States } {
  return {
    Comment: 'Looks whether somebody changed the infrastructure by hand. Read-only.',
    QueryLanguage: 'JSONata',
    TimeoutSeconds: MACHINE_SECONDS,
    StartAt: 'BeginDriftCheck',
    States: {
      ...functionTask('BeginDriftCheck', {
        function: 'BeginDriftCheck',
        payload: { name: '{% $states.context.Execution.Name %}' },
        assign: { check: ANSWER },
        onError: 'ReportFailedCheck',
        next: 'ChooseComparison',
      }),
      ChooseComparison: {
        Type: 'Choice',
        Choices: [
          {
            Condition: "{% $check.skipped != '' %}",
            Output: { drift: 'not looked at', because: '{% $check.skipped %}' },
            Next: 'Checked',
          },
        ],
        Default: 'CompareInfrastructure',
      },
      CompareInfrastructure: {
        Type: 'Task',
        Resource: 'arn:aws:states:::codebuild:startBuild.sync',
        Arguments: { ProjectName: '${DriftProject}', EnvironmentVariablesOverride: '{% $check.variables %}' },
        TimeoutSeconds: COMPARE_SECONDS,
        Catch: catchAll('ReportFailedCheck', {
          failedState: 'CompareInfrastructure',
          caught: '{% $states.errorOutput %}',
        }),
        Assign: { exported: '{% $states.result.Build.ExportedEnvironmentVariables %}' },
        Output: {},
        Next: 'JudgeDrift',
      },
      JudgeDrift: {
        ...functionTask('JudgeDrift', {
          function: 'JudgeDrift',
          payload: { check: '{% $check %}', exported: '{% $exported %}' },
          onError: 'ReportFailedCheck',
          next: 'Checked',
        }).JudgeDrift,
        Output: ANSWER,
      },
      Checked: { Type: 'Succeed' },
      ReportFailedCheck: {
        ...functionTask('ReportFailedCheck', {
          function: 'JudgeDrift',
          payload: { failed: { state: '{% $failedState %}', caught: '{% $caught %}' } },
          next: 'CheckFailed',
        }).ReportFailedCheck,
        Catch: catchAll('CheckFailed'),
      },
      CheckFailed: {
        Type: 'Fail',
        Error: 'DriftCheckFailed',
        Cause: "{% $failedState & ' failed: ' & $substring($string($caught.Cause), 0, 1000) %}",
      },
    },
  };
}
