import { SFNClient } from '@aws-sdk/client-sfn';
import { CancelCommandCommand, SSMClient } from '@aws-sdk/client-ssm';
import { readInvocation } from './command-invocation.ts';
import type { ConcludeCommandPorts } from './conclude-command.ts';
import type { DeploymentTable } from './deployment-table.ts';
import { environmentTable } from './environment-table.ts';
import { sendReadResult } from './read-result.ts';
import { answerTask } from './task-answer.ts';

/** The real outside of concludeCommand: Systems Manager, Step Functions and the environment's table. */
export function awsCommandPorts(): ConcludeCommandPorts & { readonly table: DeploymentTable } {
  const ssm = new SSMClient({});
  const sfn = new SFNClient({});
  const table = environmentTable();
  return {
    table,
    readInvocation: (commandId, instanceId) => readInvocation(commandId, instanceId, ssm),
    readRun: (runId) => table.readRun(runId),
    async cancelCommand({ commandId, instanceId }) {
      await ssm.send(new CancelCommandCommand({ CommandId: commandId, InstanceIds: [instanceId] }));
    },
    async askHostAgain(callback, because) {
      const commandId = await sendReadResult(callback, ssm);
      await table.rememberCommand(callback.runId, commandId, callback.instanceId);
      await table.rememberCallback({ ...callback, commandId, askedBecause: because });
      await table.forgetCallback(callback.commandId);
    },
    async answer(callback, answer) {
      await answerTask(callback.taskToken, answer, sfn);
      await table.forgetCallback(callback.commandId);
    },
    now: () => Date.now(),
  };
}
