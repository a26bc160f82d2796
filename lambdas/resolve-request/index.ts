import { SSMClient } from '@aws-sdk/client-ssm';
import type { Run } from '../../lib/contract/run.ts';
import { readConfiguration, readPlainValues } from '../common/configuration-store.ts';
import { setting } from '../common/environment.ts';
import { environmentTable } from '../common/environment-table.ts';
import { loadManifest } from '../common/manifest.ts';
import { type ExecutionStart, resolveRequest } from './core.ts';
import { readRefs } from './git-http.ts';

const ssm = new SSMClient({});

export const handler = async (start: ExecutionStart): Promise<Run> => {
  const table = environmentTable();
  return await resolveRequest(start, setting('ENVIRONMENT'), loadManifest(), {
    readConfiguration: (environment) => readConfiguration(environment, ssm),
    readPlainValues: (paths) => readPlainValues(paths, ssm),
    readLastRelease: () => table.readRelease(),
    readRefs,
  });
};
