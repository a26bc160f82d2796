import { StateError } from './errors.ts';
import type { JsonObject } from './json.ts';

/** The 25,001st event fails an execution. https://docs.aws.amazon.com/step-functions/latest/dg/service-quotas.html */
const MOST_EVENTS = 25_000;

export interface HistoryEvent {
  /** Seconds since the epoch, as on the wire. */
  readonly timestamp: number;
  readonly type: string;
  readonly id: number;
  readonly previousEventId: number;
  /** One member named as the API names it, for example `taskFailedEventDetails`. */
  readonly [details: string]: unknown;
}

/** Where a branch of an execution stands: its next event follows this one. */
export interface Cursor {
  last: number;
}

const SHARED_DETAILS: readonly [RegExp, string][] = [
  [/StateEntered$/, 'stateEnteredEventDetails'],
  [/StateExited$/, 'stateExitedEventDetails'],
];

/** `MapIterationStarted` -> `mapIterationStartedEventDetails`; all StateEntered events share one name. */
function detailsName(type: string): string {
  const shared = SHARED_DETAILS.find(([pattern]) => pattern.test(type));
  return shared ? shared[1] : `${type[0]?.toLowerCase()}${type.slice(1)}EventDetails`;
}

/** The events of one execution in order, with ids from 1. */
export class History {
  readonly events: HistoryEvent[] = [];
  readonly #now: () => number;
  readonly #listeners = new Set<(event: HistoryEvent) => void>();

  constructor(now: () => number) {
    this.#now = now;
  }

  onEvent(listener: (event: HistoryEvent) => void): void {
    this.#listeners.add(listener);
  }

  /** Appends an event after the cursor's last one, moves the cursor, and answers with the event's id. */
  add(type: string, cursor: Cursor, details?: JsonObject): number {
    const id = this.events.length + 1;
    if (id > MOST_EVENTS && !type.startsWith('Execution')) {
      throw new StateError(
        'States.Runtime',
        `The execution reached the maximum number of history events (${MOST_EVENTS}).`,
      );
    }
    const known = Object.fromEntries(
      Object.entries(details ?? {}).filter(([, value]) => value !== undefined),
    );
    const event: HistoryEvent = {
      timestamp: this.#now() / 1000,
      type,
      id,
      previousEventId: cursor.last,
      ...(details ? { [detailsName(type)]: known } : {}),
    };
    cursor.last = id;
    this.events.push(event);
    for (const listener of this.#listeners) listener(event);
    return id;
  }
}
