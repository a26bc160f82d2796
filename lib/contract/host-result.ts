import { z } from 'zod';

/** The one JSON object that a host script prints, at most 4 KB. */
const hostResultSchema = z.object({
  schema: z.literal('chronos-host-result/1'),
  runId: z.string(),
  step: z.string(),
  status: z.enum(['succeeded', 'failed', 'running', 'unknown']),
  /** One readable sentence. */
  message: z.string(),
  /** The error's name where it is not just that the step failed. */
  error: z.enum(['LockLost']).optional(),
  /** The end of the log, secrets masked. */
  excerpt: z.string().optional(),
  /** Facts for later steps; never a secret. */
  facts: z.record(z.string(), z.union([z.string(), z.number(), z.boolean()])).optional(),
});

export type HostResult = z.infer<typeof hostResultSchema>;

/** The result in a command's standard output, or undefined when there is none. */
export function readHostResult(stdout: string): HostResult | undefined {
  const line = stdout.trim().split('\n').at(-1) ?? '';
  try {
    return hostResultSchema.parse(JSON.parse(line));
  } catch {
    return undefined;
  }
}

/** Ends of a command beyond which Systems Manager changes nothing. */
const TERMINAL = new Set([
  'Success',
  'Failed',
  'Cancelled',
  'TimedOut',
  'Delivery Timed Out',
  'DeliveryTimedOut',
  'Execution Timed Out',
  'ExecutionTimedOut',
  'Undeliverable',
  'Terminated',
  'InvalidPlatform',
  'AccessDenied',
]);

/** Whether a StatusDetails is final. https://docs.aws.amazon.com/systems-manager/latest/userguide/monitor-commands.html */
export const isTerminal = (statusDetails: string): boolean => TERMINAL.has(statusDetails);
