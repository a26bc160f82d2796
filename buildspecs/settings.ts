import { join } from 'node:path';

/** What a build needs to run tofu in a root. */
const ROOT_NAMES = [
  'ENVIRONMENT',
  'TABLE_NAME',
  'RUN_ID',
  'TOFU_ROOT',
  'TOFU_VARIABLES',
  'TOFU_BACKEND',
] as const;
/** What the build of a deployment needs besides. */
const DEPLOYMENT_NAMES = [
  'ACTION',
  'COMMIT',
  'CONFIGURATION_VERSION',
  'LOCK_OWNER',
  'LOCK_FENCE',
  'DEADLINE',
] as const;

export type RootSettings = Readonly<Record<(typeof ROOT_NAMES)[number], string>>;
export type Settings = RootSettings & Readonly<Record<(typeof DEPLOYMENT_NAMES)[number], string>>;

export const readRootSettings = (): RootSettings => read(ROOT_NAMES);

/** What the state machine and the project tell the build of a deployment. */
export const readSettings = (): Settings => ({ ...read(ROOT_NAMES), ...read(DEPLOYMENT_NAMES) });

/** @throws Error naming all that is missing */
function read<Name extends string>(names: readonly Name[]): Readonly<Record<Name, string>> {
  const missing = names.filter((name) => process.env[name] === undefined);
  if (missing.length > 0) throw new Error(`the build's environment lacks ${missing.join(', ')}`);
  return Object.fromEntries(names.map((name) => [name, process.env[name]])) as Record<Name, string>;
}

/** The root's folder in the build's source. */
export const rootFolder = ({ TOFU_ROOT }: RootSettings): string =>
  join(process.cwd(), 'terraform', TOFU_ROOT);
