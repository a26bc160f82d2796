import { writeFileSync } from 'node:fs';

/** Leaves variables for the buildspec's shell, which exports them to the state machine. */
export function exportVariables(variables: Readonly<Record<string, string>>): void {
  const lines = Object.entries(variables).map(
    ([name, value]) => `export ${name}='${value.replaceAll("'", "'\\''")}'`,
  );
  writeFileSync('exports.sh', `${lines.join('\n')}\n`);
}

/** Why a build failed, as the deployment shows it. */
export class BuildFailure extends Error {
  constructor(name: string, message: string) {
    super(message);
    this.name = name;
  }
}

/** Runs a build's work; a failure is exported by name and ends the build with code 1. */
export async function runBuild(fallbackName: string, work: () => Promise<void>): Promise<void> {
  try {
    await work();
  } catch (error) {
    const { name, message } = error as Error;
    const known = error instanceof BuildFailure;
    console.error(`${known ? name : fallbackName}: ${message}`);
    exportVariables({ FAILURE_NAME: known ? name : fallbackName, FAILURE_MESSAGE: message.slice(0, 1500) });
    process.exitCode = 1;
  }
}
