// Part of `npm run check`: the shell, Python and HCL files, and what the roots of AWS would leave open. A tool that is not here is said to be missing.
import { execFileSync, spawnSync } from 'node:child_process';
import { findTofu } from '../lib/local/tofu.ts';

const tracked = (pattern: string): string[] =>
  execFileSync('git', ['ls-files', '--cached', '--others', '--exclude-standard', pattern])
    .toString()
    .split('\n')
    .filter(Boolean);

let failed = false;

function check(what: string, command: string, args: readonly string[]): void {
  const { status, error, stdout, stderr } = spawnSync(command, args, { encoding: 'utf8' });
  if (error) {
    console.log(`${what}: not checked, ${command} is not installed`);
    return;
  }
  if (status === 0) return;
  failed = true;
  console.error(`${what}:\n${stdout}${stderr}`);
}

const shell = tracked('*.sh').concat('.ci/run');
for (const file of shell) check(file, 'bash', ['-n', file]);
check('shellcheck', 'shellcheck', shell);
const python = tracked('*.py');
check('python', 'python3', [
  '-c',
  'import ast,sys\nfor f in sys.argv[1:]: ast.parse(open(f).read(), f)',
  ...python,
]);
const tofu = await findTofu({ say: console.log, acceptTerraform: true });
check('tofu fmt', tofu, ['fmt', '-check', '-recursive', 'terraform']);
check('checkov', 'checkov', ['--directory', 'terraform', '--framework', 'terraform', '--quiet', '--compact']);
process.exitCode = failed ? 1 : 0;
