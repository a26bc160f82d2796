/** Names of things in AWS, all in one place: constructs create them, Lambdas and the command look them up. */

/** What the environments stand on: it has a stack and executions of its own. */
export const SHARED = 'shared';

export const stackName = (environment: string): string => `chronos-${environment}`;
export const stateMachineName = (environment: string): string => `chronos-${environment}-deployment`;
export const driftMachineName = (environment: string): string => `chronos-${environment}-drift`;
export const tableName = (environment: string): string => `chronos-${environment}`;
export const functionName = (environment: string, lambda: string): string =>
  `chronos-${environment}-${lambda}`;
/** `drift` only compares. */
export type Build = 'plan' | 'apply' | 'drift';
export const projectName = (environment: string, build: Build): string => `chronos-${environment}-${build}`;

/** Bucket and lock table of the states of all roots; terraform/state makes them. */
export const stateBucketName = (namePrefix: string): string => `${namePrefix}chronos-terraform-state-storage`;
export const stateTableName = (namePrefix: string): string => `${namePrefix}chronos-terraform-state-locks`;

/** Plans, reports, and below `hosts/` what hosts leave. Bucket names are unique in the world. */
export const artifactBucketName = (environment: string, account: string, region: string): string =>
  `chronos-${environment}-artifacts-${account}-${region}`;

/** The tags by which an environment's hosts are found and commands to them are allowed. */
export const HOST_TAGS = { environment: 'chronos:environment', role: 'chronos:role' } as const;

/** The tag that the roots give to all that they make: the builds may change nothing else. */
export const MANAGED_TAG = { key: 'chronos:managed-by', value: 'chronos-deploy' } as const;

/** The policy that bounds every role which the roots make. */
export const BOUNDARY_NAME = 'chronos-boundary';

export type Scope = 'dashboard' | 'edge' | 'shared';

/** Where a parameter's value lives in Parameter Store. */
export const parameterPath = (environment: string, scope: Scope, name: string): string =>
  `/chronos/${environment}/${scope}/${name}`;

/** The pointer {name: version} that says which values belong together. */
export const configurationPointerPath = (environment: string): string =>
  `/chronos/${environment}/config-version`;

/** In the user agent of the chronos command, before its process id: an embedded engine stays while others call it. */
export const OPERATOR_AGENT = 'chronos-operator';
