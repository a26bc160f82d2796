import { awsCommandPorts } from '../common/command-ports.ts';
import type { CommandCallback } from '../common/deployment-table.ts';
import { awaitCommand } from './core.ts';

export const handler = async (callback: CommandCallback): Promise<void> => {
  const ports = awsCommandPorts();
  await awaitCommand(callback, {
    ...ports,
    rememberCallback: (given) => ports.table.rememberCallback(given),
  });
};
