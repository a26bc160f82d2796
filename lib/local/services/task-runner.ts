import { StateError } from '../asl/errors.ts';
import type { Json } from '../asl/json.ts';
import { lambdaPayload, lambdaResult } from '../asl/lambda-task.ts';
import { startExecutionTask } from '../asl/start-execution-task.ts';
import type { TaskCall, TaskRunner } from '../asl/task.ts';
import type { Clock } from '../clock.ts';
import { AwsError } from '../wire/aws-error.ts';
import type { CodeBuildService } from './codebuild.ts';
import { runBuildTask } from './codebuild-task.ts';
import type { LambdaService } from './lambda.ts';
import type { StepFunctionsService } from './step-functions.ts';

export interface TaskServices {
  readonly lambda: LambdaService;
  readonly codebuild: CodeBuildService;
  readonly clock: Clock;
  readonly stepFunctions: () => StepFunctionsService;
  /** Whether a role may do an action on a resource, by the synthesized policies. */
  readonly allowed: (roleArn: string, action: string, resource: string) => boolean;
}

/** Carries out the tasks of state machines with the engine's own services. */
export function taskRunner(services: TaskServices): TaskRunner {
  return async (call) => {
    if (call.resourceType === 'codebuild') return await services.clock.hold(runBuildTask(call, services));
    if (call.resourceType === 'states') {
      return await startExecutionTask(call, (machine, name, input) =>
        services.stepFunctions().startNested(machine, name, input),
      );
    }
    return await invoke(call, services.lambda);
  };
}

async function invoke(call: TaskCall, lambda: LambdaService): Promise<Json> {
  const { functionName, payload } = lambdaPayload(call);
  const outcome = await lambda.invoke(functionName, payload).catch((error) => {
    if (!(error instanceof AwsError)) throw error;
    throw new StateError(
      `Lambda.${error.code}`,
      `${error.message} (Service: Lambda, Status Code: ${error.status})`,
    );
  });
  if ('error' in outcome) throw new StateError(outcome.error.errorType, JSON.stringify(outcome.error));
  return lambdaResult(call, outcome.result);
}
