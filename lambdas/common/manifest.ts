import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Manifest, parseManifest } from '../../lib/contract/manifest.ts';

/**
 * The manifest that the function was bundled with, so that an execution keeps to one version of it.
 * The embedded engine names another one, that of the example application.
 */
export function loadManifest(): Manifest {
  const file = process.env.CHRONOS_MANIFEST ?? join(import.meta.dirname, 'manifest.json');
  return parseManifest(JSON.parse(readFileSync(file, 'utf8')), file);
}
