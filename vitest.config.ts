import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    // They need a provider for AWS: npm run test:aws-roots.
    exclude: ['test/aws-roots/**'],
    globalSetup: ['test/support/global-setup.ts'],
    testTimeout: 120_000,
    hookTimeout: 120_000,
    // Deployments run real processes and wait for them: one more than two cores have keeps both at work.
    maxWorkers: 3,
  },
});
