import { z } from 'zod';
import { RequestRefused } from './errors.ts';
import { SHARED } from './names.ts';

export const ACTIONS = ['plan', 'apply', 'configure', 'destroy'] as const;
export const APPROVAL_POLICIES = ['always', 'destructive', 'never'] as const;
export const TARGETS = ['dashboard', 'edge'] as const;
export type Action = (typeof ACTIONS)[number];
export type Target = (typeof TARGETS)[number];

/** Step Functions accepts no larger input. */
const MOST_INPUT_BYTES = 262_144;

const text = z
  .string()
  .max(500)
  .regex(/^[^\p{Cc}]*$/u, 'must be one line of text');

const requestSchema = z.strictObject({
  /** Must equal the stack's environment where it is given. */
  environment: z.string().optional(),
  action: z.enum(ACTIONS).optional(),
  /** Branch, tag or full commit. */
  gitRef: z
    .string()
    .min(1)
    .max(200)
    .regex(/^[A-Za-z0-9][A-Za-z0-9._/+-]*$/, 'must be a branch, a tag or a full commit')
    .refine((ref) => !ref.includes('..'), 'must not contain ".."')
    .optional(),
  targets: z.array(z.enum(TARGETS)).min(1).optional(),
  /** The environment's name: destroy needs it. */
  confirm: z.string().optional(),
  /** Tightens the environment's approval policy; it cannot loosen it. */
  approval: z.literal('always').optional(),
  /** Brings the last good release back, its configuration included; with action configure. */
  restore: z.literal(true).optional(),
  /** Replaces the dashboard host, after a snapshot and a database dump; `plan` shows it. */
  replaceHost: z
    .union([z.literal(true), z.literal('without-dump')], 'must be true or "without-dump"')
    .optional(),
  /** Of what the environments stand on: the shared root (the default), or the data of one environment. */
  root: z
    .string()
    .regex(/^(shared|data\/[a-z]+)$/, 'must be "shared" or "data/" and an environment')
    .optional(),
  requestedBy: text.optional(),
  reason: text.optional(),
});

/** What a person, a tag or another machine asks for. `{}` asks for the environment's defaults. */
export type DeploymentRequest = z.infer<typeof requestSchema>;

export interface RequestReading {
  readonly request: DeploymentRequest;
  readonly problems: readonly string[];
}

/** Reads a request and says everything that is wrong with it in itself. */
export function readRequest(input: unknown, environment: string): RequestReading {
  if (Buffer.byteLength(JSON.stringify(input) ?? '') > MOST_INPUT_BYTES) {
    return { request: {}, problems: [`the input is larger than ${MOST_INPUT_BYTES} bytes`] };
  }
  const parsed = requestSchema.safeParse(input);
  const problems = parsed.success ? [] : describeIssues(parsed.error);
  const request = parsed.data ?? wellFormedMembers(input);
  if (request.environment !== undefined && request.environment !== environment) {
    problems.push(
      `environment is "${request.environment}", but this is the state machine of "${environment}"`,
    );
  }
  problems.push(...(environment === SHARED ? sharedProblems(request) : environmentProblems(request)));
  if (request.restore && (request.action !== 'configure' || request.gitRef !== undefined)) {
    problems.push('restore goes with action "configure" and without gitRef');
  }
  if (request.action === 'destroy' && environment !== SHARED && request.confirm !== environment) {
    problems.push(`destroy needs confirm: "${environment}"`);
  }
  return { request, problems };
}

/** What the environments stand on is planned and applied, and nothing else. */
function sharedProblems(request: DeploymentRequest): string[] {
  const { action } = request;
  const refused = action === 'configure' || action === 'destroy';
  const strange = (['gitRef', 'targets', 'replaceHost', 'restore'] as const).filter(
    (name) => name in request,
  );
  return [
    ...(refused ? [`action "${action}" is refused for ${SHARED}: the environments stand on it`] : []),
    ...strange.map((name) => `${name} is for an environment, not for ${SHARED}`),
  ];
}

function environmentProblems(request: DeploymentRequest): string[] {
  return [
    ...(request.root ? [`root is for ${SHARED}, not for an environment`] : []),
    ...(request.replaceHost && (request.action === 'configure' || request.action === 'destroy')
      ? ['replaceHost goes with action "apply", or "plan" to see what it would do']
      : []),
  ];
}

/** What can be used of a request that has problems: so that all else that is wrong is found too. */
function wellFormedMembers(input: unknown): DeploymentRequest {
  const members = Object.entries(typeof input === 'object' && input !== null ? input : {});
  const schemas = requestSchema.shape as Record<string, z.ZodType>;
  return Object.fromEntries(members.filter(([name, value]) => schemas[name]?.safeParse(value).success));
}

/** Throws one error that names every problem. */
export function refuseIfAny(problems: readonly string[]): void {
  if (problems.length > 0) throw new RequestRefused(`the request was refused: ${problems.join('; ')}`);
}

/** One line a problem, each with the path of what it is about. */
export function describeIssues(error: z.ZodError): string[] {
  return error.issues.flatMap((issue) => {
    if (issue.code === 'unrecognized_keys') {
      return issue.keys.map((key) => `unknown key ${[...issue.path, key].join('.')}`);
    }
    return [`${issue.path.join('.') || 'the value'}: ${issue.message}`];
  });
}
