import { SendCommandCommand, type SSMClient } from '@aws-sdk/client-ssm';
import type { CommandCallback } from './deployment-table.ts';
import { documentFor } from './documents.ts';

/** Seconds within which the host must have taken up the question. */
const DELIVERY_SECONDS = 60;

/** Asks a host for the result that a step left behind; answers with the command's id. */
export async function sendReadResult(callback: CommandCallback, ssm: SSMClient): Promise<string> {
  const { Command } = await ssm.send(
    new SendCommandCommand({
      DocumentName: documentFor('ReadResult'),
      InstanceIds: [callback.instanceId],
      Comment: `${callback.runId}/ReadResult/${callback.step}`.slice(0, 100),
      TimeoutSeconds: DELIVERY_SECONDS,
      Parameters: { RunId: [callback.runId], Step: [callback.step] },
    }),
  );
  return Command!.CommandId!;
}
