// npm run schema: the JSON Schema of the manifest, for completion in editors.
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { manifestJsonSchema } from '../lib/contract/manifest.ts';

const file = join(import.meta.dirname, '../config/chronos.schema.json');
writeFileSync(file, `${JSON.stringify(manifestJsonSchema(), null, 2)}\n`);
