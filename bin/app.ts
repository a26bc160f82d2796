// The CDK app: `npm run synth` writes cdk.out without credentials, network or Docker.
import { readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { App, Validations } from 'aws-cdk-lib';
import { AwsSolutionsChecks } from 'cdk-nag';
import { parse } from 'yaml';
import { bundleBuildSource, bundleLambdas } from '../lib/cloud/bundle-lambdas.ts';
import { EnvironmentStack } from '../lib/cloud/environment-stack.ts';
import { SharedStack } from '../lib/cloud/shared-stack.ts';
import { foundationsOf, parseManifest } from '../lib/contract/manifest.ts';
import { SHARED, stackName } from '../lib/contract/names.ts';
import { sourceDigest, writeSynthStamp } from '../lib/local/synth-stamp.ts';

const root = join(import.meta.dirname, '..');
const outdir = process.env.CDK_OUTDIR ?? join(root, 'cdk.out');
const manifestFile = join(root, 'config/chronos.yaml');
const manifest = parseManifest(parse(readFileSync(manifestFile, 'utf8')), manifestFile);

const foundations = foundationsOf(manifest);
const app = new App({ outdir, analyticsReporting: false });
const bundles = bundleLambdas(root, manifest);
const buildSource = bundleBuildSource(root);
const parts = { bundles, buildSource, foundations };
new SharedStack(app, stackName(SHARED), parts);
for (const environment of Object.keys(manifest.environments)) {
  new EnvironmentStack(app, stackName(environment), { environment, ...parts });
}
Validations.of(app).addPlugins(new AwsSolutionsChecks(app));
app.synth();
rmSync(bundles, { recursive: true });
rmSync(buildSource, { recursive: true });
writeSynthStamp(outdir, sourceDigest(root));
