import { createHash } from 'node:crypto';
import { existsSync, globSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** All that cdk.out is made of. */
const SOURCES = [
  'bin/app.ts',
  'lib/{cloud,contract}/**/*',
  'lambdas/**/*',
  'buildspecs/*',
  'documents/scripts/*',
  'terraform/**/*',
  'config/chronos.yaml',
  'package-lock.json',
];

/** What running tofu by hand in a root leaves there. */
const MADE = ['**/.terraform/**', '**/*.tfstate*'];

const STAMP = '.chronos-synth';

/** A digest of everything that a synthesis depends on. */
export function sourceDigest(root: string): string {
  const hash = createHash('sha256');
  for (const file of globSync(SOURCES, { cwd: root, exclude: MADE }).sort()) {
    const path = join(root, file);
    if (statSync(path).isFile()) hash.update(`${file}\0`).update(readFileSync(path));
  }
  return hash.digest('hex');
}

export function writeSynthStamp(outdir: string, digest: string): void {
  writeFileSync(join(outdir, STAMP), digest);
}

/** The digest that an existing cdk.out was made from. */
export function readSynthStamp(outdir: string): string | undefined {
  const file = join(outdir, STAMP);
  return existsSync(file) ? readFileSync(file, 'utf8') : undefined;
}
