import type { Failure } from '../../lib/contract/failure.ts';
import type { Run } from '../../lib/contract/run.ts';

/** What a Catch saw. Either member may be missing. */
export interface CaughtError {
  readonly Error?: string | null;
  readonly Cause?: string | null;
}

export interface FailedState {
  readonly run: Run;
  /** The state's name. */
  readonly state: string;
  readonly caught: CaughtError;
  /** Whether anything on the host may have changed. */
  readonly hostChanged: boolean;
}

/** What diagnosing needs from the outside. */
export interface CollectDiagnosticsPorts {
  /** The last lines of a build's log. */
  readBuildLog(groupName: string, streamName: string): Promise<string[]>;
}

const EXCERPT_LINES = 25;
const EXCERPT_CHARACTERS = 3000;

/** Turns what was caught into one readable sentence and an excerpt. */
export async function collectDiagnostics(
  failed: FailedState,
  ports: CollectDiagnosticsPorts,
): Promise<Failure> {
  const found = await diagnose(failed, ports);
  const outcome =
    found.error === 'Cancelled' ? 'cancelled' : found.error === 'Rejected' ? 'rejected' : 'failed';
  const { run, state, hostChanged } = failed;
  const restore =
    hostChanged && run.lastRelease !== null && run.action !== 'destroy' && found.error !== 'LockLost';
  return {
    error: found.error,
    sentence: `${state} failed: ${found.what}`,
    excerpt: found.excerpt.slice(-EXCERPT_CHARACTERS),
    outcome,
    restore: restore && !run.restoring,
  };
}

interface Diagnosis {
  readonly error: string;
  readonly what: string;
  readonly excerpt: string;
}

async function diagnose({ state, caught }: FailedState, ports: CollectDiagnosticsPorts): Promise<Diagnosis> {
  const error = caught.Error ?? 'UnnamedError';
  const cause = caught.Cause ?? '';
  const detail = parsed(cause);
  if (detail && 'Build' in detail) return await diagnoseBuild(state, detail.Build as Build, ports);
  if (detail && 'errorMessage' in detail) return { error, what: String(detail.errorMessage), excerpt: '' };
  if (error === 'States.Timeout') return { error, what: 'it did not end within its time', excerpt: '' };
  const [what = '', ...rest] = cause.split('\n');
  return { error, what: what || error, excerpt: rest.join('\n') };
}

/** The parts of CodeBuild's Build that say why it failed, as Step Functions spells them. */
interface Build {
  readonly Id: string;
  readonly BuildStatus: string;
  readonly Phases?: readonly {
    PhaseType: string;
    PhaseStatus?: string;
    Contexts?: readonly { Message?: string }[];
  }[];
  readonly ExportedEnvironmentVariables?: readonly { Name: string; Value: string }[];
  readonly Logs?: { GroupName?: string; StreamName?: string };
}

async function diagnoseBuild(
  state: string,
  build: Build,
  ports: CollectDiagnosticsPorts,
): Promise<Diagnosis> {
  const exported = (name: string) =>
    build.ExportedEnvironmentVariables?.find(({ Name }) => Name === name)?.Value;
  const phase = build.Phases?.find(
    ({ PhaseStatus }) => PhaseStatus !== undefined && PhaseStatus !== 'SUCCEEDED',
  );
  const context = phase?.Contexts?.find(({ Message }) => Message)?.Message;
  const what =
    exported('FAILURE_MESSAGE') ||
    `build ${build.Id} ended ${build.BuildStatus}${phase ? ` in phase ${phase.PhaseType}` : ''}${context ? `: ${context}` : ''}`;
  const { GroupName, StreamName } = build.Logs ?? {};
  const lines =
    GroupName && StreamName ? await ports.readBuildLog(GroupName, StreamName).catch(() => []) : [];
  return {
    error: exported('FAILURE_NAME') || `${state}Failed`,
    what,
    excerpt: lines.slice(-EXCERPT_LINES).join('\n'),
  };
}

function parsed(text: string): Record<string, unknown> | undefined {
  try {
    const value = JSON.parse(text);
    return typeof value === 'object' && value !== null ? value : undefined;
  } catch {
    return undefined;
  }
}
