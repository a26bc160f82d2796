import { loadDefinition, type StateGraph, type StateMachineDefinition } from '../asl/definition.ts';
import { InvalidDefinition } from '../asl/errors.ts';
import { serviceOf } from '../asl/states/task-events.ts';
import type { StackResource } from '../stack/cdk-out.ts';

export interface StateMachine {
  readonly arn: string;
  readonly name: string;
  readonly roleArn: string;
  readonly text: string;
  readonly definition: StateMachineDefinition;
}

/** Services that a Task may call. Any other is refused when the definition is loaded. */
const TASK_SERVICES = ['lambda', 'codebuild', 'states'];
/** Reads a synthesized machine. @throws InvalidDefinition naming all that the engine would not do as AWS does */
export function loadStateMachine({ names, properties }: StackResource): [string, StateMachine] {
  const { DefinitionString, Definition, DefinitionSubstitutions = {}, RoleArn } = properties;
  const template: string = DefinitionString ?? JSON.stringify(Definition);
  const text = template.replace(
    /\$\{([A-Za-z0-9]+)\}/g,
    (whole, key: string) => DefinitionSubstitutions[key] ?? whole,
  );
  const name = names.attributes.Name!;
  const definition = loadDefinition(JSON.parse(text));
  const unknown = [...unsupportedTasks(definition)];
  if (unknown.length > 0) throw new InvalidDefinition(unknown.map((problem) => `${name}: ${problem}`));
  return [names.ref, { arn: names.ref, name, roleArn: RoleArn, text, definition }];
}

function* unsupportedTasks(graph: StateGraph): Generator<string> {
  for (const [name, state] of Object.entries(graph.States)) {
    if (state.Resource !== undefined && !TASK_SERVICES.includes(serviceOf(state.Resource) ?? '')) {
      yield `state ${name}: the embedded engine does not support the resource ${state.Resource}`;
    }
    for (const inner of [...(state.Branches ?? []), ...(state.ItemProcessor ? [state.ItemProcessor] : [])]) {
      yield* unsupportedTasks(inner);
    }
  }
}
