import { Stack, Validations } from 'aws-cdk-lib';
import { type ManagedPolicy, Policy, PolicyStatement, type Role } from 'aws-cdk-lib/aws-iam';

/** What a role may do. */
export interface Permission {
  readonly actions: string[];
  readonly resources: string[];
  readonly conditions?: Readonly<Record<string, object>>;
  /** Why a resource has to be a pattern; cdk-nag refuses one without a reason. */
  readonly because?: string;
}

/** Gives a role these permissions and no others, in one policy. */
export function grant(role: Role, permissions: readonly Permission[]): Policy {
  const policy = new Policy(role, 'Permissions', {
    roles: [role],
    statements: policyStatements(permissions),
  });
  reasonsFor(policy, permissions);
  return policy;
}

export const policyStatements = (permissions: readonly Permission[]): PolicyStatement[] =>
  permissions.map(
    ({ actions, resources, conditions }) =>
      new PolicyStatement({ actions, resources, ...(conditions ? { conditions } : {}) }),
  );

/** Tells cdk-nag why the patterns in a policy have to be. */
export function reasonsFor(policy: Policy | ManagedPolicy, permissions: readonly Permission[]): void {
  const acknowledge = (id: string, reason: string) => Validations.of(policy).acknowledge({ id, reason });
  for (const { actions, resources, because } of permissions) {
    if (!because) continue;
    for (const resource of resources)
      acknowledge(`AwsSolutions-IAM5[Resource::${spell(Stack.of(policy).resolve(resource))}]`, because);
    for (const action of actions.filter((name) => name.endsWith('*')))
      acknowledge(`AwsSolutions-IAM5[Action::${action}]`, because);
  }
}

/** A resource as cdk-nag spells it in its findings: references in angle brackets. */
function spell(value: unknown): string {
  if (typeof value === 'string') return value;
  const [[name = '', argument] = []] = Object.entries(value as Record<string, unknown>);
  if (name === 'Fn::Join') return ((argument as [string, unknown[]])[1] ?? []).map(spell).join('');
  if (name === 'Fn::GetAtt') return `<${(argument as string[]).join('.')}>`;
  return `<${String(argument)}>`;
}
