import { awsCommandPorts } from '../common/command-ports.ts';
import { type CommandStatusEvent, settleCommand } from './core.ts';

export const handler = async (event: CommandStatusEvent): Promise<void> => {
  const ports = awsCommandPorts();
  await settleCommand(event, { ...ports, readCallback: (commandId) => ports.table.readCallback(commandId) });
};
