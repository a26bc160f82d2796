import { awsCommandPorts } from '../common/command-ports.ts';
import type { CommandCallback } from '../common/deployment-table.ts';
import { awaitCommand } from './core.ts';

const ports = awsCommandPorts();

export const handler = async (callback: CommandCallback): Promise<void> => {
  await awaitCommand(callback, {
    ...ports,
    rememberCallback: (given) => ports.table.rememberCallback(given),
  });
};
