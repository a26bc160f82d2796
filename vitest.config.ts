import { defineConfig } from 'vitest/config';
import { BaseSequencer, type TestSpecification } from 'vitest/node';

/** What takes longest begins first, so that nothing is left alone at the end. */
const SLOWEST = ['failures', 'interruption', 'command', 'deploy', 'requests', 'replace-host', 'aws-cli'];

class SlowestFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const rank = ({ moduleId }: TestSpecification) => {
      const found = SLOWEST.findIndex((name) => moduleId.endsWith(`/${name}.test.ts`));
      return found < 0 ? SLOWEST.length : found;
    };
    return [...files].sort((a, b) => rank(a) - rank(b));
  }
}

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    // They need a provider for AWS: npm run test:aws-roots.
    exclude: ['test/aws-roots/**'],
    sequence: { sequencer: SlowestFirst },
    globalSetup: ['test/support/global-setup.ts'],
    testTimeout: 120_000,
    hookTimeout: 120_000,
    // Deployments run real processes and wait for them: one more than two cores have keeps both at work.
    maxWorkers: 3,
  },
});
