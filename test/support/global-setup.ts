import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { readSynthStamp, sourceDigest } from '../../lib/local/synth-stamp.ts';
import { findTofu } from '../../lib/local/tofu.ts';
import { CDK_OUT, ROOT } from './paths.ts';

/** Synthesizes the stacks once for all tests, and has OpenTofu ready. */
export default async function setup(): Promise<void> {
  if (readSynthStamp(CDK_OUT) !== sourceDigest(ROOT)) {
    execFileSync(process.execPath, [join(ROOT, 'bin/app.ts')], {
      cwd: ROOT,
      stdio: 'inherit',
      env: { ...process.env, CDK_OUTDIR: CDK_OUT },
    });
  }
  process.env.CHRONOS_TOFU = await findTofu({ say: (line) => console.error(line), acceptTerraform: true });
}
