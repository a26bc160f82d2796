import type { Construct } from 'constructs';
import type { EnvironmentStorage } from '../environment-storage.ts';
import type { Permission } from '../permissions.ts';
import { OrchestratorFunction } from './orchestrator-function.ts';

export interface FunctionFactoryProps {
  readonly environment: string;
  /** The folder that bundleLambdas made. */
  readonly bundles: string;
  readonly storage: EnvironmentStorage;
}

export type DefineFunction = (
  name: string,
  description: string,
  statements: readonly Permission[],
  variables?: Readonly<Record<string, string>>,
) => OrchestratorFunction;

/** Defines functions of one environment, each named after its folder in lambdas/ and with a role of its own. */
export function functionFactory(
  scope: Construct,
  { environment, bundles, storage }: FunctionFactoryProps,
): DefineFunction {
  return (name, description, statements, variables = {}) =>
    new OrchestratorFunction(scope, pascal(name), {
      environment,
      name,
      bundles,
      description,
      statements,
      variables: { TABLE_NAME: storage.table.tableName, ...variables },
    });
}

/** "settle-command" -> "SettleCommand". */
export const pascal = (name: string): string =>
  name.replace(/(^|-)([a-z])/g, (_, __, letter: string) => letter.toUpperCase());
