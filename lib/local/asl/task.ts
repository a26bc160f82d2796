import type { Json } from './json.ts';

/** How a task waits for what it called. */
export type TaskPattern = 'request' | 'sync' | 'sync2' | 'waitForTaskToken';

/** What a Task state asks of the outside. */
export interface TaskCall {
  /** As in the events: `lambda`, `codebuild`; the full ARN for a function named directly. */
  readonly resourceType: string;
  /** As in the events: `invoke`, `startBuild.sync`. */
  readonly resource: string;
  readonly pattern: TaskPattern;
  readonly arguments: Json;
  readonly executionArn: string;
  readonly roleArn: string;
  /** Aborts when the state timed out, its branch was aborted, or its token was answered. */
  readonly signal: AbortSignal;
  /** To be called by `.sync` tasks once the work is accepted, with the service's first answer. */
  submitted(answer: Json): void;
}

/**
 * Carries out a task; the answer is its result (for waitForTaskToken: what the call itself answered).
 * @throws StateError when the service or the function failed
 */
export type TaskRunner = (call: TaskCall) => Promise<Json>;

export type TokenAnswer = { readonly output: Json } | { readonly error?: string; readonly cause?: string };

interface OpenToken {
  readonly settle: (answer: TokenAnswer) => void;
  readonly heartbeat: () => void;
}

/** The task tokens that wait for an answer, and those that had one. */
export class TaskTokens {
  readonly #open = new Map<string, OpenToken>();
  readonly #closed = new Set<string>();

  /** The token that was opened last. */
  newest: string | undefined;

  open(token: string, handlers: OpenToken): void {
    this.#open.set(token, handlers);
    this.newest = token;
  }

  close(token: string): void {
    if (this.#open.delete(token)) this.#closed.add(token);
  }

  /** @throws Error named InvalidToken, TaskTimedOut as the API names them */
  settle(token: string, answer: TokenAnswer): void {
    const open = this.#find(token);
    this.close(token);
    open.settle(answer);
  }

  heartbeat(token: string): void {
    this.#find(token).heartbeat();
  }

  #find(token: string): OpenToken {
    const open = this.#open.get(token);
    if (open) return open;
    const known = this.#closed.has(token);
    const error = new Error(
      known ? "Task Timed Out: 'Provided task does not exist anymore'" : "Invalid Token: 'Invalid token'",
    );
    error.name = known ? 'TaskTimedOut' : 'InvalidToken';
    throw error;
  }
}
