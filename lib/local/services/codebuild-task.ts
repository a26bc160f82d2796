import { StateError } from '../asl/errors.ts';
import type { Json, JsonObject } from '../asl/json.ts';
import type { TaskCall } from '../asl/task.ts';
import { AwsError } from '../wire/aws-error.ts';
import { type Build, pascalBuild } from './build-record.ts';
import type { StartBuildInput } from './codebuild.ts';
import type { TaskServices } from './task-runner.ts';

/**
 * `codebuild:startBuild` and its `.sync`: the result is the Build in PascalCase, a build that does not succeed is
 * States.TaskFailed with it as cause. When the task ends early, AWS stops the build if the role may.
 * https://docs.aws.amazon.com/step-functions/latest/dg/connect-codebuild.html
 */
export async function runBuildTask(call: TaskCall, { codebuild, allowed }: TaskServices): Promise<Json> {
  const build = start(call, codebuild);
  if (call.pattern === 'request') return answer(build);
  call.submitted(answer(build));
  const stop = () => {
    if (allowed(call.roleArn, 'codebuild:StopBuild', codebuild.projectArn(build.projectName)))
      codebuild.stop(build.id);
  };
  call.signal.addEventListener('abort', stop, { once: true });
  const ended = await codebuild.whenEnded(build.id);
  call.signal.removeEventListener('abort', stop);
  if (ended.buildStatus === 'SUCCEEDED') return answer(ended);
  throw new StateError('States.TaskFailed', JSON.stringify(answer(ended)));
}

function start(call: TaskCall, codebuild: TaskServices['codebuild']): Build {
  try {
    return codebuild.start(camelCased(call.arguments) as unknown as StartBuildInput);
  } catch (error) {
    if (!(error instanceof AwsError)) throw error;
    throw new StateError(
      `CodeBuild.${error.code}`,
      `${error.message} (Service: AWSCodeBuild; Status Code: ${error.status})`,
    );
  }
}

const answer = (build: Build): JsonObject => ({ Build: pascalBuild(build) });

/** Step Functions spells members in PascalCase, the service in camelCase. */
function camelCased(value: Json): Json {
  if (Array.isArray(value)) return value.map(camelCased);
  if (typeof value !== 'object' || value === null) return value;
  const entries = Object.entries(value).map(([key, item]) => [
    `${key[0]?.toLowerCase()}${key.slice(1)}`,
    camelCased(item),
  ]);
  return Object.fromEntries(entries);
}
