import { type ConcludeCommandPorts, concludeCommand } from '../common/conclude-command.ts';
import type { CommandCallback } from '../common/deployment-table.ts';

/** "EC2 Command Invocation Status-change Notification" and its command-wide sibling. */
export interface CommandStatusEvent {
  readonly detail: { readonly 'command-id': string };
}

/** What settling a command needs from the outside. */
export interface SettleCommandPorts extends ConcludeCommandPorts {
  readCallback(commandId: string): Promise<CommandCallback | undefined>;
}

/**
 * A status event only says where to look: the invocation itself decides. An event for a command that
 * nobody awaits (any more, or yet) changes nothing.
 */
export async function settleCommand(event: CommandStatusEvent, ports: SettleCommandPorts): Promise<void> {
  const callback = await ports.readCallback(event.detail['command-id']);
  if (callback) await concludeCommand(callback, ports);
}
