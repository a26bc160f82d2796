import { Stack, Validations } from 'aws-cdk-lib';
import { Policy, PolicyStatement, type Role } from 'aws-cdk-lib/aws-iam';

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
    statements: permissions.map(
      ({ actions, resources, conditions }) =>
        new PolicyStatement({ actions, resources, ...(conditions ? { conditions } : {}) }),
    ),
  });
  for (const { resources, because } of permissions) {
    for (const resource of because ? resources : []) {
      const finding = spell(Stack.of(role).resolve(resource));
      Validations.of(policy).acknowledge({ id: `AwsSolutions-IAM5[Resource::${finding}]`, reason: because! });
    }
  }
  return policy;
}

/** A resource as cdk-nag spells it in its findings: references in angle brackets. */
function spell(value: unknown): string {
  if (typeof value === 'string') return value;
  const [[name = '', argument] = []] = Object.entries(value as Record<string, unknown>);
  if (name === 'Fn::Join') return ((argument as [string, unknown[]])[1] ?? []).map(spell).join('');
  if (name === 'Fn::GetAtt') return `<${(argument as string[]).join('.')}>`;
  return `<${String(argument)}>`;
}
