import { AwsError } from '../wire/aws-error.ts';

interface DocumentParameter {
  readonly type: string;
  readonly default?: string;
  readonly allowedPattern?: string;
}

interface DocumentStep {
  readonly action: string;
  readonly name: string;
  readonly precondition?: { readonly StringEquals?: readonly [string, string] };
  readonly inputs: {
    readonly runCommand: readonly string[];
    readonly timeoutSeconds?: string;
    readonly workingDirectory?: string;
  };
}

/** A Command document of schema 2.2, as far as the engine carries it out. */
export interface DocumentContent {
  readonly schemaVersion: string;
  readonly description?: string;
  readonly parameters?: Readonly<Record<string, DocumentParameter>>;
  readonly mainSteps: readonly DocumentStep[];
}

export interface CommandDocument {
  readonly name: string;
  readonly content: DocumentContent;
}

/** A step with its parameters put in. */
export interface PreparedStep {
  readonly script: string;
  readonly timeoutSeconds: number;
}

const STEP_FIELDS = ['action', 'name', 'precondition', 'inputs'];
const INPUT_FIELDS = ['runCommand', 'timeoutSeconds'];
const DEFAULT_TIMEOUT_SECONDS = 3600;

/** @throws Error naming what the engine would not do as the agent does */
export function loadDocument(name: string, content: DocumentContent): CommandDocument {
  const problems: string[] = [];
  if (content.schemaVersion !== '2.2')
    problems.push(`schema ${content.schemaVersion} is not supported, only 2.2`);
  const [step, ...others] = content.mainSteps;
  if (!step || others.length > 0) problems.push('exactly one step is supported');
  if (step && step.action !== 'aws:runShellScript')
    problems.push(`the action ${step.action} is not supported`);
  for (const field of Object.keys(step ?? {}))
    if (!STEP_FIELDS.includes(field)) problems.push(`${field} of a step is not supported`);
  for (const field of Object.keys(step?.inputs ?? {}))
    if (!INPUT_FIELDS.includes(field)) problems.push(`the input ${field} is not supported`);
  for (const [parameter, { type }] of Object.entries(content.parameters ?? {})) {
    if (type !== 'String') problems.push(`parameter ${parameter}: the type ${type} is not supported`);
    if (!/^[A-Za-z0-9]+$/.test(parameter))
      problems.push(`parameter ${parameter}: the agent takes only letters and digits`);
  }
  if (problems.length > 0) throw new Error(`document ${name}: ${problems.join('; ')}`);
  return { name, content };
}

/**
 * Puts the parameters in: plain text into the script, before any shell sees it, and not into what was put in.
 * @throws AwsError InvalidParameters when one is unknown, missing, or does not match its pattern
 */
export function prepareStep(
  document: CommandDocument,
  given: Readonly<Record<string, readonly string[]>>,
): PreparedStep {
  const declared = document.content.parameters ?? {};
  const unknown = Object.keys(given).filter((name) => !(name in declared));
  if (unknown.length > 0)
    throw new AwsError('InvalidParameters', `unknown parameters: ${unknown.join(', ')}`);
  const values = new Map<string, string>();
  for (const [name, { default: otherwise, allowedPattern }] of Object.entries(declared)) {
    const value = given[name]?.[0] ?? otherwise;
    if (value === undefined) throw new AwsError('InvalidParameters', `the parameter ${name} is missing`);
    if (allowedPattern && !new RegExp(allowedPattern).test(value)) {
      throw new AwsError(
        'InvalidParameters',
        `Parameter "${name}" does not match the allowed pattern ${allowedPattern}`,
      );
    }
    values.set(name, value);
  }
  const fill = (text: string) =>
    text.replace(/\{\{ *([A-Za-z0-9]+) *\}\}/g, (whole, name: string) => values.get(name) ?? whole);
  const { runCommand, timeoutSeconds } = document.content.mainSteps[0]!.inputs;
  const seconds = Number(fill(timeoutSeconds ?? ''));
  const valid = Number.isInteger(seconds) && seconds >= 5 && seconds <= 172_800;
  return {
    script: runCommand.map(fill).join('\n'),
    timeoutSeconds: valid ? seconds : DEFAULT_TIMEOUT_SECONDS,
  };
}
