/** What OpenTofu says of a lock that it could not get. */
export interface StateLock {
  readonly id: string;
  /** user@host */
  readonly who: string;
  /** ms since the epoch */
  readonly created: number;
}

/** The lock in the output of a tofu that could not get it; undefined when that was not its trouble. */
export function parseLockError(output: string): StateLock | undefined {
  if (!output.includes('Error acquiring the state lock')) return undefined;
  const field = (name: string) => new RegExp(`\\b${name}: +(.+?)\\s*$`, 'm').exec(output)?.[1] ?? '';
  const [date = '', time = ''] = field('Created').split(' ');
  return { id: field('ID'), who: field('Who'), created: Date.parse(`${date}T${time.slice(0, 12)}Z`) };
}

export const describeLock = ({ id, who }: StateLock): string =>
  `the state lock ${id} is held by ${who}: wait for them, or, when no tofu of theirs runs any more, tofu force-unlock ${id}`;
