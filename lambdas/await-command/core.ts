import { type ConcludeCommandPorts, concludeCommand } from '../common/conclude-command.ts';
import type { CommandCallback } from '../common/deployment-table.ts';

/** What awaiting a command needs from the outside. */
export interface AwaitCommandPorts extends ConcludeCommandPorts {
  /** Stores the callback so that a later status event can find it. */
  rememberCallback(callback: CommandCallback): Promise<void>;
}

/**
 * Registers the callback, then looks once: a command that ended between being sent and being registered,
 * or whose event was lost, would otherwise wait for the heartbeat.
 */
export async function awaitCommand(callback: CommandCallback, ports: AwaitCommandPorts): Promise<void> {
  await ports.rememberCallback(callback);
  await concludeCommand(callback, ports);
}
