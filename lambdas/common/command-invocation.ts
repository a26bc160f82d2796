import { GetCommandInvocationCommand, InvocationDoesNotExist, type SSMClient } from '@aws-sdk/client-ssm';

/** A command on one host as Systems Manager sees it. */
export interface Invocation {
  /** StatusDetails is what to branch on. */
  readonly statusDetails: string;
  readonly exitCode: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** undefined just after SendCommand, while the service does not know the invocation: it counts as running. */
export async function readInvocation(
  commandId: string,
  instanceId: string,
  client: SSMClient,
): Promise<Invocation | undefined> {
  try {
    const found = await client.send(
      new GetCommandInvocationCommand({ CommandId: commandId, InstanceId: instanceId }),
    );
    return {
      statusDetails: found.StatusDetails ?? 'Pending',
      exitCode: found.ResponseCode ?? -1,
      stdout: found.StandardOutputContent ?? '',
      stderr: found.StandardErrorContent ?? '',
    };
  } catch (error) {
    if (error instanceof InvocationDoesNotExist) return undefined;
    throw error;
  }
}
