import { runSimulation } from '@cloud-copilot/iam-simulate';
import { ACCOUNT, CdkOut } from '../../lib/local/stack/cdk-out.ts';
import { CDK_OUT } from './paths.ts';

const out = new CdkOut(CDK_OUT);

export interface Role {
  readonly stack: string;
  readonly logicalId: string;
  readonly arn: string;
  // biome-ignore lint/suspicious/noExplicitAny: an IAM policy document
  readonly policies: { name: string; policy: any }[];
}

/** The roles of the synthesized stacks with their policies. */
export const roles: Role[] = out.ofType('AWS::IAM::Role').map(({ stack, logicalId, names }) => {
  const attached = out
    .ofType('AWS::IAM::Policy')
    .filter((policy) => policy.properties.Roles.includes(names.ref));
  const policies = attached.map((policy) => ({
    name: policy.logicalId,
    policy: policy.properties.PolicyDocument,
  }));
  return { stack, logicalId, arn: names.attributes.Arn!, policies };
});

export const roleOf = (stack: string, part: string): Role =>
  roles.find((role) => role.stack === stack && role.logicalId.startsWith(part))!;

/** Whether IAM would let a role do an action. */
export async function allows(
  role: Role,
  action: string,
  resource: string,
  context: Record<string, string> = {},
): Promise<boolean> {
  const outcome = await runSimulation(
    {
      request: {
        principal: role.arn,
        action,
        resource: { resource, accountId: ACCOUNT },
        contextVariables: context,
      },
      identityPolicies: role.policies,
      serviceControlPolicies: [],
      resourceControlPolicies: [],
    },
    {},
  );
  if (outcome.resultType === 'error')
    throw new Error(`${action} on ${resource}: ${JSON.stringify(outcome.errors)}`);
  return outcome.overallResult === 'Allowed';
}

/** The managed policies of the stacks, each as a role that has nothing else. */
export const managedPolicies: Role[] = out
  .ofType('AWS::IAM::ManagedPolicy')
  .map(({ stack, logicalId, properties }) => ({
    stack,
    logicalId,
    arn: `arn:aws:iam::${ACCOUNT}:role/somebody`,
    policies: [{ name: properties.ManagedPolicyName, policy: properties.PolicyDocument }],
  }));
