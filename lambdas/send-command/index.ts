import { ListCommandsCommand, SendCommandCommand, SSMClient } from '@aws-sdk/client-ssm';
import { documentFor } from '../common/documents.ts';
import { setting } from '../common/environment.ts';
import { environmentTable } from '../common/environment-table.ts';
import { guard } from '../common/guard.ts';
import { loadManifest } from '../common/manifest.ts';
import { type HostStepRequest, type SentCommand, sendCommand } from './core.ts';

const ssm = new SSMClient({});

export const handler = async (request: HostStepRequest): Promise<SentCommand> => {
  const table = environmentTable();
  await guard(request.run, request.claim, table);
  return await sendCommand(request, loadManifest(), setting('BUCKET_NAME'), {
    async findSent(comment, document) {
      const { Commands = [] } = await ssm.send(
        new ListCommandsCommand({
          InstanceId: request.instanceId,
          Filters: [{ key: 'DocumentName', value: documentFor(document) }],
        }),
      );
      return Commands.find(({ Comment }) => Comment === comment)?.CommandId;
    },
    async send({ document, instanceId, comment, deliverySeconds, parameters }) {
      const { Command } = await ssm.send(
        new SendCommandCommand({
          DocumentName: documentFor(document),
          InstanceIds: [instanceId],
          Comment: comment.slice(0, 100),
          TimeoutSeconds: deliverySeconds,
          Parameters: Object.fromEntries(Object.entries(parameters).map(([name, value]) => [name, [value]])),
        }),
      );
      return Command!.CommandId!;
    },
    rememberCommand: (...command) => table.rememberCommand(...command),
    now: () => Date.now(),
  });
};
