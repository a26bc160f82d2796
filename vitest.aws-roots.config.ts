import { defineConfig } from 'vitest/config';
import common from './vitest.config.ts';

/** The roots of AWS, with the provider that TF_CLI_CONFIG_FILE leads to: one that needs no account. */
export default defineConfig({
  test: { ...common.test, include: ['test/aws-roots/**/*.test.ts'], exclude: [] },
});
