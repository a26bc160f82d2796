// The chronos command: AWS by default, the embedded engine with --local.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline/promises';
import { CommanderError } from 'commander';
import { parse } from 'yaml';
import { ManifestInvalid, messageOf, RequestRefused } from '../lib/contract/errors.ts';
import { parseManifest } from '../lib/contract/manifest.ts';
import { openSession, type Session } from '../lib/local/session.ts';
import { findTofu } from '../lib/local/tofu.ts';
import type { BootstrapPorts } from '../lib/operator/bootstrap.ts';
import { Connection } from '../lib/operator/connection.ts';
import { BadRequest, EXIT } from '../lib/operator/outcome.ts';
import { type GlobalOptions, makeProgram } from '../lib/operator/program.ts';

const root = join(import.meta.dirname, '..');
let session: Session | undefined;

const say = (line: string) => console.error(line);

async function openLocal({ manifest, roots, as }: GlobalOptions): Promise<Session> {
  session = await openSession({
    root,
    say,
    ...(process.env.CHRONOS_FOLDER ? { folder: process.env.CHRONOS_FOLDER } : {}),
    ...(process.env.CHRONOS_CDK_OUT ? { cdkOut: process.env.CHRONOS_CDK_OUT } : {}),
    ...(manifest ? { manifest } : {}),
    ...(roots ? { roots } : {}),
    ...(as === undefined ? {} : { as }),
  });
  return session;
}

async function connect(options: GlobalOptions): Promise<Connection> {
  if (options.local) return new Connection(await openLocal(options));
  const region = options.region ?? process.env.AWS_REGION ?? process.env.AWS_DEFAULT_REGION;
  if (!region)
    throw new BadRequest(
      'no AWS region: set AWS_REGION or give --region (or --local for the embedded engine)',
    );
  const file = options.manifest ?? join(root, 'config/chronos.yaml');
  return new Connection({ region, manifest: parseManifest(parse(readFileSync(file, 'utf8')), file) });
}

async function serve(options: GlobalOptions): Promise<void> {
  if (!options.local) throw new BadRequest('serve needs --local');
  const { endpoint, keys, region, folder } = await openLocal(options);
  console.log(`the engine answers at ${endpoint}; Ctrl-C ends it. For the AWS CLI, in another terminal:`);
  console.log(
    `  export AWS_ENDPOINT_URL=${endpoint} AWS_REGION=${region} AWS_ACCESS_KEY_ID=${keys.accessKeyId}`,
  );
  console.log(
    `  export AWS_SECRET_ACCESS_KEY=$(python3 -c 'import json;print(json.load(open("${join(folder, 'keys.json')}"))["secretAccessKey"])')`,
  );
  await new Promise<void>((resolve) => {
    process.once('SIGINT', resolve);
    process.once('SIGTERM', resolve);
  });
}

function bootstrapPorts(options: GlobalOptions): BootstrapPorts {
  if (options.local && options.roots !== 'aws')
    throw new BadRequest('with --local, bootstrap needs --roots aws');
  return {
    findTofu: () => findTofu({ say, acceptTerraform: false }),
    terraform: join(root, 'terraform'),
    folder: session?.folder ?? join(root, '.chronos'),
    keepLockFiles: !options.local,
    say: (line) => console.log(line),
    async confirm(question) {
      if (!process.stdin.isTTY) return false;
      const terminal = createInterface({ input: process.stdin, output: process.stdout });
      const answer = await terminal.question(`${question} Only "yes" is taken: `);
      terminal.close();
      return answer.trim() === 'yes';
    },
  };
}

/** Errors of the person at the terminal, as opposed to those of the program. */
function isBadRequest(error: unknown): error is Error {
  return error instanceof BadRequest || error instanceof RequestRefused || error instanceof ManifestInvalid;
}

/** One message; the stack is for CHRONOS_DEBUG=1. */
function describeError(error: unknown): string {
  if (isBadRequest(error) || !(error instanceof Error)) return messageOf(error);
  if (error.name === 'CredentialsProviderError')
    return `there are no AWS credentials: sign in first (aws sso login), or set AWS_PROFILE`;
  return `${error.name}: ${error.message} (CHRONOS_DEBUG=1 shows where)`;
}

const program = makeProgram({
  connect,
  bootstrapPorts,
  serve,
  setExitCode: (code) => {
    process.exitCode = code;
  },
});

try {
  await program.parseAsync();
} catch (error) {
  if (error instanceof CommanderError) process.exitCode = error.exitCode === 0 ? 0 : EXIT.badRequest;
  else {
    console.error(process.env.CHRONOS_DEBUG ? error : `chronos: ${describeError(error)}`);
    process.exitCode = isBadRequest(error) ? EXIT.badRequest : EXIT.failed;
  }
} finally {
  await session?.close();
}
// Clients keep connections open; nothing is left to do.
process.exit();
