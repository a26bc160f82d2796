import { GetParameterCommand, ParameterNotFound, PutParameterCommand } from '@aws-sdk/client-ssm';
import { type ConfigurationPointer, missingParameters, valueProblem } from '../contract/configuration.ts';
import { settingsOf } from '../contract/manifest.ts';
import { configurationPointerPath, parameterPath } from '../contract/names.ts';
import type { Connection } from './connection.ts';
import { BadRequest } from './outcome.ts';

export interface Pushed {
  readonly names: readonly string[];
  /** The new configuration's version. */
  readonly version: number;
  readonly missing: readonly string[];
}

/**
 * Stores values as new versions, then one pointer to all that belong together: a deployment sees the old
 * configuration or the new one. Nothing is stored when anything is wrong.
 * @throws BadRequest naming every problem, never a value
 */
export async function pushValues(
  environment: string,
  values: ReadonlyMap<string, string>,
  connection: Connection,
): Promise<Pushed> {
  const { manifest, ssm } = connection;
  settingsOf(manifest, environment);
  const problems = [...values].flatMap(([name, value]) => {
    const parameter = manifest.parameters[name];
    if (!parameter) return [`there is no parameter ${name} (${Object.keys(manifest.parameters).join(', ')})`];
    return valueProblem(name, value, parameter) ?? [];
  });
  if (problems.length > 0) throw new BadRequest(problems.join('; '));
  const pointer: Record<string, number> = { ...(await readPointer(environment, connection)) };
  for (const [name, value] of values) {
    const { scope, secret } = manifest.parameters[name]!;
    const path = parameterPath(environment, scope, name);
    const { Version = 0 } = await ssm.send(
      new PutParameterCommand({
        Name: path,
        Value: value,
        Type: secret ? 'SecureString' : 'String',
        Overwrite: true,
      }),
    );
    pointer[path] = Version;
  }
  const { Version: version = 0 } = await ssm.send(
    new PutParameterCommand({
      Name: configurationPointerPath(environment),
      Value: JSON.stringify(pointer),
      Type: 'String',
      Overwrite: true,
    }),
  );
  return { names: [...values.keys()], version, missing: missingParameters(manifest, environment, pointer) };
}

async function readPointer(environment: string, { ssm }: Connection): Promise<ConfigurationPointer> {
  try {
    const { Parameter } = await ssm.send(
      new GetParameterCommand({ Name: configurationPointerPath(environment) }),
    );
    return JSON.parse(Parameter?.Value ?? '{}');
  } catch (error) {
    if (error instanceof ParameterNotFound) return {};
    throw error;
  }
}

/**
 * `NAME=VALUE` and `NAME` words into values. A secret on the command line would show in the process list: its
 * name alone is given, and its value comes from standard input.
 * @throws BadRequest
 */
export async function readAssignments(
  words: readonly string[],
  connection: Connection,
  readInput: (name: string) => Promise<string>,
): Promise<Map<string, string>> {
  const values = new Map<string, string>();
  const bare: string[] = [];
  for (const word of words) {
    const [, name = word, value] = /^([^=]*)=(.*)$/s.exec(word) ?? [];
    if (value === undefined) bare.push(name);
    else if (connection.manifest.parameters[name]?.secret) {
      throw new BadRequest(
        `${name} is a secret: on the command line everybody on this machine can see it. Give its name alone, and the value on standard input`,
      );
    } else values.set(name, value);
  }
  if (bare.length > 1)
    throw new BadRequest(`only one value can be read from standard input, not those of ${bare.join(', ')}`);
  for (const name of bare) values.set(name, await readInput(name));
  return values;
}

/**
 * Reads an env file of today's scripts: `export name="value"` lines. Names that are no parameters are told
 * apart, so that nothing is dropped unseen.
 * @throws BadRequest naming every line that is not understood
 */
export function parseEnvFile(
  text: string,
  connection: Connection,
): { values: Map<string, string>; ignored: string[] } {
  const values = new Map<string, string>();
  const ignored: string[] = [];
  const problems: string[] = [];
  for (const [index, raw] of text.split(/\r?\n/).entries()) {
    const line = raw.trim();
    if (line === '' || line.startsWith('#')) continue;
    const [, name, quoted] = /^(?:export\s+)?([A-Za-z_][A-Za-z0-9_]*)=(.*)$/.exec(line) ?? [];
    const value = quoted === undefined ? undefined : unquote(quoted);
    if (name === undefined || value === undefined) {
      problems.push(`line ${index + 1} is not of the form name="value"`);
    } else if (name.toLowerCase() in connection.manifest.parameters) values.set(name.toLowerCase(), value);
    else ignored.push(name);
  }
  if (problems.length > 0) throw new BadRequest(problems.join('; '));
  return { values, ignored };
}

/** As a shell reads a word without expansions; undefined for anything else. */
function unquote(text: string): string | undefined {
  const single = /^'([^']*)'\s*(#.*)?$/.exec(text);
  if (single) return single[1];
  const double = /^"((?:[^"\\$`]|\\.)*)"\s*(#.*)?$/.exec(text);
  if (double) return double[1]!.replace(/\\(["\\$`])/g, '$1');
  const plain = /^([^\s'"\\$`#]*)\s*(#.*)?$/.exec(text);
  return plain?.[1];
}
