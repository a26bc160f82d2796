import { awsCommandPorts } from '../common/command-ports.ts';
import { type CommandStatusEvent, settleCommand } from './core.ts';

const ports = awsCommandPorts();

export const handler = async (event: CommandStatusEvent): Promise<void> => {
  await settleCommand(event, { ...ports, readCallback: (commandId) => ports.table.readCallback(commandId) });
};
