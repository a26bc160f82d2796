import { spawn } from 'node:child_process';
import { readdirSync, readFileSync, readlinkSync } from 'node:fs';
import type { Readable } from 'node:stream';
import { finished } from 'node:stream/promises';
import type { Host } from './host.ts';

export interface ScriptRun {
  /** Ends the script's process group at once, as the agent does: no TERM, no trap. */
  kill(): void;
  readonly ended: Promise<ScriptEnd>;
}

export interface ScriptEnd {
  /** 137 where it was killed. */
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
  readonly timedOut: boolean;
}

interface RunOptions {
  readonly variables: Readonly<Record<string, string>>;
  readonly timeoutMs: number;
}

/** https://docs.aws.amazon.com/systems-manager/latest/userguide/monitor-commands.html; the tail is lost */
const MOST_STDOUT = 24_000;
const MOST_STDERR = 8_000;
const KILLED = 137;

/** Writes the script to a file of its own on the host and runs that file: its first line decides the interpreter. */
const LAUNCH =
  'd=$(mktemp -d) && chmod 700 "$d" && cat >"$d/_script.sh" && chmod 700 "$d/_script.sh" && cd /usr/bin && umask 0022 && sh -c "$d/_script.sh" </dev/null; c=$?; rm -rf "$d"; exit $c';

/** Runs a script as the SSM agent does: root's bare environment, no input, killed as a group when its time is over. */
export function runScript(host: Host, script: string, { variables, timeoutMs }: RunOptions): ScriptRun {
  const { through } = host.settings;
  const [command = 'sh', ...args] = [...through, 'sh', '-c', LAUNCH];
  const child = spawn(command, args, {
    detached: true,
    stdio: ['pipe', 'pipe', 'pipe'],
    env: { PATH: process.env.PATH, LANG: 'C.UTF-8', ...variables },
  });
  child.stdin.on('error', () => {});
  child.stdin.end(script);
  const kill = () => {
    try {
      process.kill(-child.pid!, 'SIGKILL');
    } catch {
      // It has just ended.
    }
  };
  let timedOut = false;
  const timer = setTimeout(() => {
    timedOut = true;
    kill();
    child.stdout.destroy();
    child.stderr.destroy();
  }, timeoutMs);
  const exit = new Promise<number>((resolve) => {
    child.on('error', () => resolve(127));
    child.on('exit', (code, signal) => resolve(signal ? KILLED : (code ?? KILLED)));
  });
  // A child left behind that holds an output keeps the step running, as with the real agent.
  const ended = Promise.all([exit, head(child.stdout, MOST_STDOUT), head(child.stderr, MOST_STDERR)]).then(
    ([code, stdout, stderr]) => {
      clearTimeout(timer);
      return { code: timedOut ? KILLED : code, stdout, stderr, timedOut };
    },
  );
  return { kill, ended };
}

async function head(stream: Readable, most: number): Promise<string> {
  const chunks: Buffer[] = [];
  stream.on('data', (chunk: Buffer) => chunks.push(chunk));
  await finished(stream).catch(() => {});
  const text = Buffer.concat(chunks).toString('utf8');
  return text.length > most ? `${text.slice(0, most)}--output truncated--` : text;
}

/** Ends every process that works in a host's folder or runs a file of it: the host is gone. */
export function endProcesses(folder: string): void {
  for (const pid of readdirSync('/proc').filter((name) => /^\d+$/.test(name))) {
    if (Number(pid) !== process.pid && belongsTo(pid, folder)) {
      try {
        process.kill(Number(pid), 'SIGKILL');
      } catch {
        // It has just ended.
      }
    }
  }
}

function belongsTo(pid: string, folder: string): boolean {
  try {
    const words = readFileSync(`/proc/${pid}/cmdline`, 'utf8').split('\0');
    return (
      words.some((word) => word.startsWith(`${folder}/`)) ||
      readlinkSync(`/proc/${pid}/cwd`).startsWith(`${folder}/`)
    );
  } catch {
    return false;
  }
}
