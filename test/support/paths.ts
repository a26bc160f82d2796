import { join } from 'node:path';

export const ROOT = join(import.meta.dirname, '../..');
/** The synthesized stacks that tests share. */
export const CDK_OUT = join(ROOT, 'node_modules/.cache/chronos-test-cdk.out');
