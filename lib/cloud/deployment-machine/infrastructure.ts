import {
  ANSWER,
  catchInto,
  type DeploymentKind,
  functionTask,
  LAMBDA_SERVICE_RETRY,
  type States,
} from './task.ts';

/** The builds' own time-outs are shorter: see build-project.ts. */
const PLAN_SECONDS = 35 * 60;
const APPLY_SECONDS = 95 * 60;
/** How long the lock is held for an answer. */
const APPROVAL_SECONDS = 60 * 60;

/** A build of a deployment that was stopped may still be finishing: CodeBuild refuses a second one, it does not queue it. */
const BUILD_RETRY = {
  ErrorEquals: ['CodeBuild.AccountLimitExceededException'],
  IntervalSeconds: 15,
  MaxAttempts: 40,
  BackoffRate: 1,
};

const plain = (Name: string, Value: string) => ({ Name, Type: 'PLAINTEXT', Value });

/** What both builds are told: never a secret. */
const RUN_VARIABLES = [
  plain('RUN_ID', '{% $run.runId %}'),
  plain('ACTION', '{% $run.action %}'),
  plain('COMMIT', '{% $run.commit %}'),
  plain('CONFIGURATION_VERSION', '{% $string($run.configuration.version) %}'),
  plain('TOFU_ROOT', '{% $run.infrastructure.root %}'),
  plain('TOFU_VARIABLES', '{% $string($run.infrastructure.variables) %}'),
  plain('TOFU_BACKEND', '{% $string($run.infrastructure.backend) %}'),
  plain('LOCK_OWNER', '{% $claim.owner %}'),
  plain('LOCK_FENCE', '{% $string($claim.fence) %}'),
  plain('DEADLINE', '{% $run.deadline %}'),
];

/** Plans, has the plan judged, waits for approval where it is needed, and applies exactly that plan. */
export function infrastructureStates(kind: DeploymentKind): States {
  const toHosts = kind === 'hosts';
  const apply = toHosts ? 'ChooseBackUp' : 'ApplyInfrastructure';
  const afterwards = toHosts ? 'LocateHost' : 'RecordDeployment';
  const review = { run: '{% $run %}', claim: '{% $claim %}' };
  const assign = { plan: '{% $states.result.Payload.text %}', review: ANSWER };
  return {
    PlanInfrastructure: {
      Type: 'Task',
      Resource: 'arn:aws:states:::codebuild:startBuild.sync',
      Arguments: {
        ProjectName: '${PlanProject}',
        EnvironmentVariablesOverride: [
          ...RUN_VARIABLES,
          plain('REPLACE', '{% $run.infrastructure.replace %}'),
          plain('REPOSITORY', '{% $run.repository %}'),
          plain('LAST_COMMIT', "{% $exists($run.lastRelease.commit) ? $run.lastRelease.commit : '' %}"),
        ],
      },
      TimeoutSeconds: PLAN_SECONDS,
      Retry: [BUILD_RETRY],
      Catch: catchInto('CollectDiagnostics', 'PlanInfrastructure'),
      Assign: {
        planBuild:
          '{% $states.result.Build.{"exported": ExportedEnvironmentVariables, "artifact": Artifacts.Location} %}',
      },
      Output: {},
      Next: 'ReviewPlan',
    },
    ...functionTask('ReviewPlan', {
      function: 'ReviewPlan',
      payload: { ...review, exported: '{% $planBuild.exported %}' },
      assign,
      next: 'ChooseAfterReview',
    }),
    ...(toHosts ? reviewConfiguration(review, assign) : {}),
    ChooseAfterReview: {
      Type: 'Choice',
      Choices: [
        { Condition: "{% $review.decision = 'finish' %}", Next: 'RecordDeployment' },
        { Condition: "{% $review.approval = 'needed' %}", Next: 'RequestApproval' },
        { Condition: "{% $review.decision = 'apply' %}", Next: apply },
      ],
      Default: afterwards,
    },
    RequestApproval: {
      Type: 'Task',
      Resource: 'arn:aws:states:::lambda:invoke.waitForTaskToken',
      Arguments: {
        FunctionName: '${RequestApproval}',
        Payload: {
          ...review,
          taskToken: '{% $states.context.Task.Token %}',
          digest: '{% $review.digest %}',
          summary: '{% $review.summary %}',
          commits: '{% $review.commits %}',
          text: '{% $review.text %}',
        },
      },
      TimeoutSeconds: APPROVAL_SECONDS,
      Retry: [LAMBDA_SERVICE_RETRY],
      Catch: [
        {
          ErrorEquals: ['States.Timeout'],
          Assign: {
            failedState: 'RequestApproval',
            caught: { Error: 'Rejected', Cause: 'nobody approved the plan within an hour' },
          },
          Next: 'CollectDiagnostics',
        },
        ...catchInto('CollectDiagnostics', 'RequestApproval'),
      ],
      Output: {},
      Next: 'ChooseAfterApproval',
    },
    ChooseAfterApproval: {
      Type: 'Choice',
      Choices: [{ Condition: "{% $review.decision = 'apply' %}", Next: apply }],
      Default: afterwards,
    },
    ApplyInfrastructure: {
      Type: 'Task',
      Resource: 'arn:aws:states:::codebuild:startBuild.sync',
      Arguments: {
        ProjectName: '${ApplyProject}',
        SecondarySourcesOverride: [
          {
            Type: 'S3',
            Location: "{% $replace($planBuild.artifact, 'arn:aws:s3:::', '') %}",
            SourceIdentifier: 'plan',
          },
        ],
        EnvironmentVariablesOverride: [
          ...RUN_VARIABLES,
          plain('APPROVED_DIGEST', '{% $review.digest %}'),
          plain('APPROVAL', '{% $review.approval %}'),
        ],
      },
      TimeoutSeconds: APPLY_SECONDS,
      Retry: [BUILD_RETRY],
      Catch: catchInto('CollectDiagnostics', 'ApplyInfrastructure'),
      Output: {},
      Next: 'ChooseAfterApply',
    },
    ChooseAfterApply: {
      Type: 'Choice',
      Choices: [{ Condition: "{% $run.action = 'destroy' %}", Next: 'RecordDeployment' }],
      Default: afterwards,
    },
  };
}

/** A configure run has no plan, but may need approval all the same. */
function reviewConfiguration(review: object, assign: Readonly<Record<string, unknown>>): States {
  return functionTask('ReviewConfiguration', {
    function: 'ReviewPlan',
    payload: { ...review, exported: null },
    assign,
    next: 'ChooseAfterReview',
  });
}
