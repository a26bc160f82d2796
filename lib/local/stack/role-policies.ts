import { isObject } from '../asl/json.ts';
import type { CdkOut } from './cdk-out.ts';

interface Statement {
  readonly Effect: 'Allow' | 'Deny';
  readonly Action?: string | string[];
  readonly Resource?: string | string[];
  readonly Condition?: unknown;
}

/**
 * Whether the synthesized policies let a role do an action on a resource. The engine asks only where AWS's own
 * behaviour depends on it (may an aborted task stop its build?); it does not enforce IAM on calls.
 */
export function rolePolicies(out: CdkOut): (roleArn: string, action: string, resource: string) => boolean {
  const statements = new Map<string, Statement[]>();
  for (const { properties } of out.ofType('AWS::IAM::Policy')) {
    for (const role of properties.Roles ?? []) {
      const name = String(role);
      statements.set(name, [...(statements.get(name) ?? []), ...properties.PolicyDocument.Statement]);
    }
  }
  return (roleArn, action, resource) => {
    const own = statements.get(roleArn.split('/').at(-1) ?? '') ?? [];
    const applying = own.filter(
      (statement) =>
        covers(statement.Action, action) &&
        covers(statement.Resource, resource) &&
        !isObject(statement.Condition),
    );
    return (
      applying.some(({ Effect }) => Effect === 'Allow') && !applying.some(({ Effect }) => Effect === 'Deny')
    );
  };
}

function covers(patterns: string | string[] | undefined, value: string): boolean {
  return [patterns ?? []].flat().some((pattern) => {
    const escaped = pattern
      .replace(/[.+^${}()|[\]\\]/g, '\\$&')
      .replaceAll('*', '.*')
      .replaceAll('?', '.');
    return new RegExp(`^${escaped}$`).test(value);
  });
}
