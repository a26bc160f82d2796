import { cpSync, mkdtempSync, readdirSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type BuildOptions, buildSync } from 'esbuild';
import type { Manifest } from '../contract/manifest.ts';

/** CommonJS packages inside an ES module bundle call require. */
const REQUIRE = "import{createRequire}from'node:module';const require=createRequire(import.meta.url);";

const OPTIONS = {
  bundle: true,
  platform: 'node',
  format: 'esm',
  minify: true,
  // The SDK's ES modules lose what is not used, which halves the time to load them.
  mainFields: ['module', 'main'],
  legalComments: 'none',
  banner: { js: REQUIRE },
  logLevel: 'error',
} satisfies BuildOptions;

/**
 * Bundles every function of lambdas/ with the manifest beside it.
 * @returns the folder that holds one folder per function
 */
export function bundleLambdas(root: string, manifest: Manifest): string {
  const out = mkdtempSync(join(tmpdir(), 'chronos-lambdas-'));
  const names = readdirSync(join(root, 'lambdas')).filter((name) => name !== 'common');
  buildSync({
    ...OPTIONS,
    target: 'node24',
    entryPoints: names.map((name) => ({
      in: join(root, 'lambdas', name, 'index.ts'),
      out: join(name, 'index'),
    })),
    outdir: out,
    outExtension: { '.js': '.mjs' },
  });
  for (const name of names) writeFileSync(join(out, name, 'manifest.json'), JSON.stringify(manifest));
  return out;
}

/**
 * Puts together what the builds work on: the roots, and the scripts that the buildspecs call.
 * @returns the folder
 */
export function bundleBuildSource(root: string): string {
  const out = mkdtempSync(join(tmpdir(), 'chronos-build-source-'));
  cpSync(join(root, 'terraform'), join(out, 'terraform'), {
    recursive: true,
    filter: (path) => !/\.terraform$|\.tfstate/.test(path),
  });
  cpSync(join(root, 'buildspecs', 'install-tofu.sh'), join(out, 'install-tofu.sh'));
  buildSync({
    ...OPTIONS,
    // As the buildspecs ask for.
    target: 'node22',
    entryPoints: ['plan', 'apply', 'drift'].map((name) => ({
      in: join(root, 'buildspecs', `${name}.ts`),
      out: name,
    })),
    outdir: out,
    outExtension: { '.js': '.mjs' },
  });
  return out;
}
