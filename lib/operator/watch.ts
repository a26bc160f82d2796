import { setTimeout as delay } from 'node:timers/promises';
import {
  DescribeExecutionCommand,
  GetExecutionHistoryCommand,
  type HistoryEvent,
  type SFNClient,
} from '@aws-sdk/client-sfn';
import { describeRadius, type PlanSummary } from '../contract/plan.ts';
import type { Ended } from './outcome.ts';
import { doingIn } from './phases.ts';
import type { Progress } from './progress.ts';

export interface WatchOptions {
  readonly executionArn: string;
  readonly sfn: SFNClient;
  readonly progress: Progress;
  readonly pollMs: number;
  /** Called when people have been asked, and can answer. */
  readonly onApproval: (plan: ReviewedPlan) => void;
}

/** What the review said, from the execution's history. */
export interface ReviewedPlan {
  readonly text: string;
  readonly digest: string;
  readonly summary: PlanSummary;
  readonly commits: readonly string[];
}

/** Follows an execution by its history until it ends. */
export async function watch(options: WatchOptions): Promise<Ended> {
  const { executionArn, sfn, pollMs } = options;
  const teller = new HistoryTeller(options);
  for (;;) {
    const {
      status = 'RUNNING',
      error,
      cause,
      output,
    } = await sfn.send(new DescribeExecutionCommand({ executionArn }));
    for (const event of await eventsSince(teller.lastId, executionArn, sfn)) teller.tell(event);
    if (status !== 'RUNNING') {
      return { status, error, cause, output: output ? JSON.parse(output) : undefined };
    }
    await delay(pollMs);
  }
}

/** Newest first until the known ones: a long history is not read again each time. */
async function eventsSince(lastId: number, executionArn: string, sfn: SFNClient): Promise<HistoryEvent[]> {
  const found: HistoryEvent[] = [];
  let nextToken: string | undefined;
  do {
    const page = await sfn.send(
      new GetExecutionHistoryCommand({ executionArn, reverseOrder: true, maxResults: 100, nextToken }),
    );
    const fresh = (page.events ?? []).filter(({ id = 0 }) => id > lastId);
    found.push(...fresh);
    nextToken = fresh.length === page.events?.length ? page.nextToken : undefined;
  } while (nextToken);
  return found.reverse();
}

class HistoryTeller {
  lastId = 0;
  readonly #options: WatchOptions;
  #current: { name: string; since: number; failed: boolean } | undefined;
  #plan: ReviewedPlan | undefined;

  constructor(options: WatchOptions) {
    this.#options = options;
  }

  tell(event: HistoryEvent): void {
    this.lastId = event.id ?? this.lastId;
    const seconds = (event.timestamp?.getTime() ?? 0) / 1000;
    const { progress } = this.#options;
    const entered = event.stateEnteredEventDetails?.name;
    const doing = entered && doingIn(entered);
    if (entered && doing) {
      this.#current = { name: entered, since: seconds, failed: false };
      progress.begin(entered, doing);
    }
    if (!this.#current) return;
    // Not before: until then nobody can answer.
    if (event.type === 'TaskSubmitted' && this.#current.name === 'RequestApproval' && this.#plan)
      this.#options.onApproval(this.#plan);
    if (event.type === 'TaskFailed' || event.type === 'TaskTimedOut') {
      this.#current.failed = true;
      this.#tellHolder(event);
    }
    // A retried attempt that goes on to succeed was no failure of the state.
    if (event.type === 'TaskScheduled') this.#current.failed = false;
    const exited = event.stateExitedEventDetails;
    const ended = exited?.name === this.#current.name;
    if (ended || (this.#current.failed && event.type?.startsWith('Execution'))) {
      progress.end(
        this.#current.name,
        !this.#current.failed,
        seconds - this.#current.since,
        this.#note(exited),
      );
      this.#current = undefined;
    }
  }

  /** Says for whom AcquireLock waits, once per holder. */
  #holder = '';
  #tellHolder(event: HistoryEvent): void {
    const { error, cause = '' } = event.taskFailedEventDetails ?? {};
    if (error !== 'LockHeld') return;
    const message = messageIn(cause);
    if (message !== this.#holder) this.#options.progress.say(`  ${message}`);
    this.#holder = message;
  }

  #note(exited: HistoryEvent['stateExitedEventDetails']): string {
    const review = exited?.assignedVariables?.review;
    if (!review) return '';
    this.#plan = JSON.parse(review) as ReviewedPlan;
    const { text, summary } = this.#plan;
    return summary.radius === 'none' ? text : `${text} (${describeRadius(summary.radius)})`;
  }
}

function messageIn(cause: string): string {
  try {
    return JSON.parse(cause).errorMessage ?? cause;
  } catch {
    return cause;
  }
}
