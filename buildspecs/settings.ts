import { join } from 'node:path';

const NAMES = [
  'ENVIRONMENT',
  'TABLE_NAME',
  'RUN_ID',
  'ACTION',
  'COMMIT',
  'CONFIGURATION_VERSION',
  'TOFU_ROOT',
  'TOFU_VARIABLES',
  'TOFU_BACKEND',
  'LOCK_OWNER',
  'LOCK_FENCE',
  'DEADLINE',
] as const;

export type Settings = Readonly<Record<(typeof NAMES)[number], string>>;

/** What the state machine and the project tell a build. @throws Error naming all that is missing */
export function readSettings(): Settings {
  const missing = NAMES.filter((name) => process.env[name] === undefined);
  if (missing.length > 0) throw new Error(`the build's environment lacks ${missing.join(', ')}`);
  return Object.fromEntries(NAMES.map((name) => [name, process.env[name]])) as Settings;
}

/** The root's folder in the build's source. */
export const rootFolder = ({ TOFU_ROOT }: Settings): string => join(process.cwd(), 'terraform', TOFU_ROOT);
