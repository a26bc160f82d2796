import { execFile, execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import {
  chmodSync,
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { homedir, tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { unzipSync } from 'fflate';

export const TOFU_VERSION = '1.12.6';

/** SHA-256 of the release archives, by platform. */
const RELEASES: Readonly<Record<string, string>> = {
  linux_amd64: '5dc43da4f750f33873dc25e94587128709e819e544b7be9016b255316153c3a8',
  linux_arm64: 'e573979ba68a17fe7b881752051a694a7efcd970e39521f6a25775197861ed4d',
  darwin_arm64: 'e083ee43790ab9e19ad66d9933e24a7244a1412e1d5728f37999ae2163fdac95',
  darwin_amd64: '166388e5feed47e107e11721b6366bf91d21e47eccbced75f3cbe0c7184ffd9b',
};
const MODULE = 'github.com/opentofu/opentofu';
const MODULE_SUM = 'h1:0VT4P8pMmGcCUnQ9JDrJ+Qg2d35Vzm4FFd/9+H7oF98=';
/** The oldest that the offline root works with. */
const OLDEST = [1, 8];
const DOWNLOAD_MS = 120_000;

export interface TofuOptions {
  readonly say: (line: string) => void;
  /** For the offline root a terraform on PATH is good enough, and quicker than a build. */
  readonly acceptTerraform: boolean;
}

/**
 * Finds OpenTofu, or gets it: PATH, the user's cache, a release, and last a build from source.
 * @returns the binary's path
 * @throws Error saying how to get it by hand
 */
export async function findTofu({ say, acceptTerraform }: TofuOptions): Promise<string> {
  const named = process.env.CHRONOS_TOFU;
  if (named) return named;
  const onPath = usable('tofu');
  if (onPath) return onPath;
  const folder = join(
    process.env.XDG_CACHE_HOME ?? join(homedir(), '.cache'),
    'chronos-deploy',
    `tofu-${TOFU_VERSION}`,
  );
  const cached = join(folder, 'tofu');
  if (existsSync(cached)) return cached;
  mkdirSync(folder, { recursive: true });
  const failures: string[] = [];
  const attempt = async (what: string, work: () => Promise<void>): Promise<boolean> => {
    try {
      await work();
      return true;
    } catch (error) {
      failures.push(`${what}: ${(error as Error).message.split('\n')[0]}`);
      return false;
    }
  };
  say(`OpenTofu ${TOFU_VERSION} is not here yet: downloading it`);
  if (await attempt('download', () => download(cached))) return cached;
  const terraform = acceptTerraform ? usable('terraform') : undefined;
  if (terraform) {
    say(`it cannot be downloaded; using ${terraform} for the offline root instead`);
    return terraform;
  }
  say('it cannot be downloaded; building it from source with Go, once: this takes about five minutes');
  if (await attempt('build', () => build(cached))) return cached;
  throw new Error(
    `OpenTofu ${TOFU_VERSION} could not be got (${failures.join('; ')}). Install it (https://opentofu.org/docs/intro/install/) so that "tofu" is on PATH, or set CHRONOS_TOFU to its path.`,
  );
}

/** A program on PATH that is new enough. */
function usable(program: string): string | undefined {
  try {
    const answer = execFileSync(program, ['version', '-json'], { stdio: ['ignore', 'pipe', 'ignore'] });
    const [major = 0, minor = 0] = String(JSON.parse(answer.toString()).terraform_version)
      .split('.')
      .map(Number);
    const [oldestMajor = 0, oldestMinor = 0] = OLDEST;
    const newEnough = major > oldestMajor || (major === oldestMajor && minor >= oldestMinor);
    return newEnough ? execFileSync('which', [program]).toString().trim() : undefined;
  } catch {
    return undefined;
  }
}

async function download(target: string): Promise<void> {
  const arch = process.arch === 'x64' ? 'amd64' : process.arch;
  const platform = `${process.platform}_${arch}`;
  const expected = RELEASES[platform];
  if (!expected) throw new Error(`there is no release for ${platform}`);
  const url = `https://github.com/opentofu/opentofu/releases/download/v${TOFU_VERSION}/tofu_${TOFU_VERSION}_${platform}.zip`;
  const response = await fetch(url, { signal: AbortSignal.timeout(DOWNLOAD_MS) });
  if (!response.ok) throw new Error(`${url} answers ${response.status}`);
  const archive = new Uint8Array(await response.arrayBuffer());
  const found = createHash('sha256').update(archive).digest('hex');
  if (found !== expected) throw new Error(`the checksum of ${url} is ${found}, not ${expected}`);
  const binary = unzipSync(archive).tofu;
  if (!binary) throw new Error(`${url} holds no tofu`);
  writeFileSync(`${target}.new`, binary);
  chmodSync(`${target}.new`, 0o755);
  renameSync(`${target}.new`, target);
}

/** `go install` refuses the module because of a replace directive: a copy of it can be built. */
async function build(target: string): Promise<void> {
  const run = promisify(execFile);
  const work = mkdtempSync(join(tmpdir(), 'chronos-tofu-'));
  try {
    const { stdout } = await run('go', ['mod', 'download', '-json', `${MODULE}@v${TOFU_VERSION}`], {
      cwd: work,
    });
    const { Dir, Sum } = JSON.parse(stdout);
    if (Sum !== MODULE_SUM) throw new Error(`the checksum of ${MODULE} is ${Sum}, not ${MODULE_SUM}`);
    const source = join(work, 'src');
    cpSync(Dir, source, { recursive: true });
    await run('chmod', ['-R', 'u+w', source]);
    await run(
      'go',
      [
        'build',
        '-trimpath',
        '-ldflags',
        `-s -w -X ${MODULE}/version.dev=no`,
        '-o',
        `${target}.new`,
        './cmd/tofu',
      ],
      {
        cwd: source,
        env: { ...process.env, CGO_ENABLED: '0' },
        maxBuffer: 64 * 1024 * 1024,
      },
    );
    renameSync(`${target}.new`, target);
  } finally {
    rmSync(work, { recursive: true, force: true });
  }
}
