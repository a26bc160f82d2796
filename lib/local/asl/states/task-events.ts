import type { Json, JsonObject } from '../json.ts';

const OPTIMISED = /^arn:aws[a-z-]*:states:[a-z0-9-]*:[0-9]*:([^:]+:)?([a-zA-Z0-9-]+):(.+)$/;
const LAMBDA = /^arn:aws[a-z-]*:lambda:/;

/** How a task shows in the history: a function named by its own ARN has events of its own. */
export interface TaskEvents {
  readonly resourceType: string;
  readonly resource: string;
  type(kind: string): string;
  /** The details that every event of this task has. */
  common(kind: string): JsonObject;
  scheduled(args: Json): JsonObject;
}

export function describeTask(resource: string): TaskEvents {
  if (LAMBDA.test(resource)) {
    return {
      resourceType: resource,
      resource,
      type: (kind) => `LambdaFunction${kind}`,
      common: () => ({}),
      scheduled: (args) => ({ resource, input: JSON.stringify(args) }),
    };
  }
  const [, , resourceType = '', action = ''] = OPTIMISED.exec(resource) ?? [];
  const names = { resourceType, resource: action };
  return {
    ...names,
    type: (kind) => `Task${kind}`,
    common: () => names,
    scheduled: (args) => ({ region: 'us-east-1', parameters: JSON.stringify(args) }),
  };
}

/** Which service a Task's Resource names: `lambda`, `codebuild`, ...; undefined when it is no known form. */
export function serviceOf(resource: string): string | undefined {
  return LAMBDA.test(resource) ? 'lambda' : OPTIMISED.exec(resource)?.[2];
}
