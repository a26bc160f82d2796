import type { JsonObject } from '../asl/json.ts';

export type BuildStatus = 'IN_PROGRESS' | 'SUCCEEDED' | 'FAILED' | 'STOPPED' | 'TIMED_OUT' | 'FAULT';

export interface BuildPhase {
  readonly phaseType: string;
  readonly phaseStatus?: string;
  /** Seconds since the epoch. */
  readonly startTime: number;
  readonly endTime?: number;
  readonly durationInSeconds?: number;
  readonly contexts?: readonly { readonly statusCode: string; readonly message: string }[];
}

export interface EnvironmentVariable {
  readonly name: string;
  readonly value: string;
  readonly type?: 'PLAINTEXT' | 'PARAMETER_STORE' | 'SECRETS_MANAGER';
}

export interface SourceOverride {
  readonly type: string;
  readonly location: string;
  readonly sourceIdentifier: string;
}

/** A build as BatchGetBuilds answers. */
export interface Build {
  readonly id: string;
  readonly arn: string;
  readonly buildNumber: number;
  readonly projectName: string;
  readonly startTime: number;
  endTime?: number;
  currentPhase: string;
  buildStatus: BuildStatus;
  readonly phases: BuildPhase[];
  readonly environment: { readonly environmentVariables: readonly EnvironmentVariable[] };
  exportedEnvironmentVariables: readonly { name: string; value: string }[];
  artifacts: { location?: string; sha256sum?: string };
  readonly logs: { readonly groupName: string; readonly streamName: string };
  readonly timeoutInMinutes: number;
  buildComplete: boolean;
}

/** The Build as Step Functions shows it: every member in PascalCase, times in milliseconds. */
export function pascalBuild(build: Build): JsonObject {
  return pascal(build) as JsonObject;
}

function pascal(value: unknown, key = ''): unknown {
  if (Array.isArray(value)) return value.map((item) => pascal(item));
  if (typeof value === 'number' && /(start|end)Time$/i.test(key)) return Math.round(value * 1000);
  if (typeof value !== 'object' || value === null) return value;
  const entries = Object.entries(value).filter(([, item]) => item !== undefined);
  return Object.fromEntries(
    entries.map(([name, item]) => [`${name[0]?.toUpperCase()}${name.slice(1)}`, pascal(item, name)]),
  );
}
