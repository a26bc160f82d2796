import {
  GetParameterCommand,
  GetParametersCommand,
  ParameterNotFound,
  type SSMClient,
} from '@aws-sdk/client-ssm';
import type { Configuration } from '../../lib/contract/configuration.ts';
import { configurationPointerPath } from '../../lib/contract/names.ts';

/** GetParameters takes no more names at once. */
const BATCH = 10;

/** The newest configuration pointer of an environment; version 0 when there is none. */
export async function readConfiguration(environment: string, ssm: SSMClient): Promise<Configuration> {
  try {
    const { Parameter } = await ssm.send(
      new GetParameterCommand({ Name: configurationPointerPath(environment) }),
    );
    return { version: Parameter?.Version ?? 0, pointer: JSON.parse(Parameter?.Value ?? '{}') };
  } catch (error) {
    if (error instanceof ParameterNotFound) return { version: 0, pointer: {} };
    throw error;
  }
}

/** Values by parameter path. `paths` are `path:version`; secrets come back encrypted, so ask only for others. */
export async function readPlainValues(
  paths: readonly string[],
  ssm: SSMClient,
): Promise<Map<string, string>> {
  const values = new Map<string, string>();
  for (let i = 0; i < paths.length; i += BATCH) {
    const { Parameters = [] } = await ssm.send(
      new GetParametersCommand({ Names: paths.slice(i, i + BATCH) }),
    );
    for (const { Name = '', Value = '' } of Parameters) values.set(Name, Value);
  }
  return values;
}
