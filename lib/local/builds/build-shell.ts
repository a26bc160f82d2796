import { type ChildProcess, spawn } from 'node:child_process';
import type { Readable } from 'node:stream';
import type { Buildspec, PhaseName } from './buildspec.ts';
import { PHASES } from './buildspec.ts';

export interface PhaseOutcome {
  readonly phase: PhaseName;
  readonly failed: boolean;
  /** As CodeBuild words it. */
  readonly message: string;
}

export interface ShellOptions {
  readonly buildspec: Buildspec;
  readonly cwd: string;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly onOutput: (text: string) => void;
  readonly onPhase: (phase: PhaseName) => void;
  readonly onPhaseEnd: (outcome: PhaseOutcome) => void;
}

export interface ShellResult {
  readonly succeeded: boolean;
  readonly exported: ReadonlyMap<string, string>;
}

const quote = (text: string): string => `'${text.replaceAll("'", "'\\''")}'`;

/**
 * Runs the phases in one bash, as version 0.2 says: what a command exports or where it goes lasts for the next.
 * The shell reports on descriptor 3. A failed command ends its phase; `finally` runs all the same; a failed
 * install or pre_build ends the build, a failed build still runs post_build, unless on-failure says otherwise.
 */
export class BuildShell {
  readonly result: Promise<ShellResult>;
  readonly #child: ChildProcess;

  constructor(options: ShellOptions) {
    const { cwd, env } = options;
    this.#child = spawn('bash', ['-c', script(options.buildspec)], {
      cwd,
      env: env as NodeJS.ProcessEnv,
      detached: true,
      stdio: ['ignore', 'pipe', 'pipe', 'pipe'],
    });
    this.result = this.#watch(options);
  }

  get pid(): number | undefined {
    return this.#child.pid;
  }

  /** Ends the shell and all that it started. */
  kill(signal: NodeJS.Signals): void {
    if (this.#child.pid === undefined || this.#child.exitCode !== null) return;
    try {
      process.kill(-this.#child.pid, signal);
    } catch {
      // It has just ended.
    }
  }

  #watch({ onOutput, onPhase, onPhaseEnd }: ShellOptions): Promise<ShellResult> {
    const exported = new Map<string, string>();
    let current: PhaseName | undefined;
    let succeeded = true;
    let rest = '';
    const report = (line: string) => {
      const [kind, name = '', value = '', command = ''] = line.split(' ');
      if (kind === 'export') exported.set(name, Buffer.from(value, 'base64').toString());
      if (kind === 'begin') {
        current = name as PhaseName;
        onPhase(current);
      }
      if (kind === 'end') {
        const failed = value !== '0';
        if (failed) succeeded = false;
        const text = Buffer.from(command, 'base64').toString();
        const message = failed ? `Error while executing command: ${text}. Reason: exit status ${value}` : '';
        onPhaseEnd({ phase: name as PhaseName, failed, message });
        current = undefined;
      }
    };
    for (const stream of [this.#child.stdout!, this.#child.stderr!])
      stream.setEncoding('utf8').on('data', onOutput);
    (this.#child.stdio[3] as Readable).setEncoding('utf8').on('data', (text: string) => {
      const lines = (rest + text).split('\n');
      rest = lines.pop() ?? '';
      for (const line of lines) report(line);
    });
    return new Promise((resolve, reject) => {
      this.#child.on('error', reject);
      this.#child.on('close', (code, signal) => {
        if (current) {
          succeeded = false;
          const how = signal ? `signal ${signal}` : `exit status ${code}`;
          onPhaseEnd({
            phase: current,
            failed: true,
            message: `The shell ended in the middle of a phase: ${how}`,
          });
        }
        resolve({ succeeded, exported });
      });
    });
  }
}

function script(buildspec: Buildspec): string {
  const lines = ['__report() { printf "%s\\n" "$*" >&3; }', '__ok=1'];
  for (const name of PHASES) {
    const phase = buildspec.phases[name];
    if (!phase) continue;
    lines.push(`if [ "$__ok" = 1 ]; then __report begin ${name}; __code=0; __failed=`);
    for (const command of phase.commands) {
      const encoded = Buffer.from(command).toString('base64');
      lines.push(
        `if [ "$__code" = 0 ]; then eval ${quote(command)} 3>&-; __code=$?; [ "$__code" = 0 ] || __failed=${encoded}; fi`,
      );
    }
    for (const command of phase.finally) {
      const encoded = Buffer.from(command).toString('base64');
      lines.push(
        `eval ${quote(command)} 3>&-; __last=$?; [ "$__last" = 0 ] || [ "$__code" != 0 ] || { __code=$__last; __failed=${encoded}; }`,
      );
    }
    if (name === 'post_build') lines.push(...exports(buildspec));
    lines.push(`__report end ${name} "$__code" "$__failed"`);
    // A failed build phase is followed by post_build; a failed install or pre_build ends the build.
    const goesOn = phase.onFailure === 'CONTINUE' && name === 'build';
    if (!goesOn) lines.push('[ "$__code" = 0 ] || __ok=0');
    lines.push('fi');
  }
  if (!buildspec.phases.post_build) lines.push(...exports(buildspec));
  lines.push('exit 0');
  return lines.join('\n');
}

/** Exported variables are read when post_build is over. */
function exports(buildspec: Buildspec): string[] {
  return buildspec.exportedVariables.map(
    (name) =>
      `[ -z "\${${name}+x}" ] || __report export ${name} "$(printf %s "$${name}" | base64 | tr -d '\\n')"`,
  );
}
