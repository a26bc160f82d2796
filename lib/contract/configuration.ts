import type { Manifest, Parameter } from './manifest.ts';
import { parameterPath } from './names.ts';

/** Which version of each parameter belongs to a configuration: `{ "/chronos/stage/dashboard/x": 3 }`. */
export type ConfigurationPointer = Readonly<Record<string, number>>;

/** The configuration that a deployment uses: the pointer's own version names it. */
export interface Configuration {
  /** 0 when nothing was ever pushed. */
  readonly version: number;
  readonly pointer: ConfigurationPointer;
}

const LONGEST_VALUE = 4096;

/** Why a value cannot be this parameter's, without showing the value; undefined when it can. */
export function valueProblem(name: string, value: string, parameter: Parameter): string | undefined {
  if (value === '') return `${name} is empty`;
  if (Buffer.byteLength(value) > LONGEST_VALUE) return `${name} is longer than ${LONGEST_VALUE} bytes`;
  if (/[\0\r\n]/.test(value)) return `${name} contains a line break or NUL`;
  if (!value.isWellFormed()) return `${name} is not valid Unicode`;
  // Parameter Store and the SSM agent would take it for a reference.
  if (value.includes('{{')) return `${name} contains "{{"`;
  if (parameter.pattern && !new RegExp(`^(?:${parameter.pattern})$`).test(value)) {
    return `${name} does not match ${parameter.pattern}`;
  }
  return undefined;
}

/** The parameters that the manifest requires and the pointer lacks. */
export function missingParameters(
  manifest: Manifest,
  environment: string,
  pointer: ConfigurationPointer,
): string[] {
  return Object.entries(manifest.parameters)
    .filter(([, parameter]) => parameter.required && parameter.default === undefined)
    .filter(([name, parameter]) => !(parameterPath(environment, parameter.scope, name) in pointer))
    .map(([name]) => name);
}
