/** Names of things in AWS, all in one place: constructs create them, Lambdas and the command look them up. */

export const stackName = (environment: string): string => `chronos-${environment}`;
export const stateMachineName = (environment: string): string => `chronos-${environment}-deployment`;
export const tableName = (environment: string): string => `chronos-${environment}`;
export const functionName = (environment: string, lambda: string): string =>
  `chronos-${environment}-${lambda}`;
export const projectName = (environment: string, build: 'plan' | 'apply'): string =>
  `chronos-${environment}-${build}`;

/** The tags by which an environment's hosts are found and commands to them are allowed. */
export const HOST_TAGS = { environment: 'chronos:environment', role: 'chronos:role' } as const;

export type Scope = 'dashboard' | 'edge' | 'shared';

/** Where a parameter's value lives in Parameter Store. */
export const parameterPath = (environment: string, scope: Scope, name: string): string =>
  `/chronos/${environment}/${scope}/${name}`;

/** The pointer {name: version} that says which values belong together. */
export const configurationPointerPath = (environment: string): string =>
  `/chronos/${environment}/config-version`;

/** In the user agent of the chronos command, before its process id: an embedded engine stays while others call it. */
export const OPERATOR_AGENT = 'chronos-operator';
