import { setting } from '../common/environment.ts';
import { environmentTable } from '../common/environment-table.ts';
import { loadManifest } from '../common/manifest.ts';
import { beginDriftCheck, type DriftCheck } from './core.ts';

export const handler = async ({ name }: { readonly name: string }): Promise<DriftCheck> => {
  const table = environmentTable();
  return await beginDriftCheck(name, setting('ENVIRONMENT'), loadManifest(), {
    readLock: () => table.readLock(),
  });
};
