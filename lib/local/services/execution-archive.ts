import { appendFileSync, existsSync, mkdirSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { ExecutionStatus } from '../asl/execution.ts';
import type { HistoryEvent } from '../asl/history.ts';
import { writeWhole } from '../store.ts';

/** As DescribeExecution answers; times in seconds since the epoch. */
export interface ExecutionDescription {
  readonly executionArn: string;
  readonly stateMachineArn: string;
  readonly name: string;
  readonly status: ExecutionStatus;
  readonly startDate: number;
  readonly stopDate?: number;
  readonly input: string;
  readonly output?: string;
  readonly error?: string;
  readonly cause?: string;
}

/** Executions on disk: a description and a file of events each, so that history survives a restart. */
export class ExecutionArchive {
  readonly #folder: string;

  constructor(folder: string) {
    this.#folder = folder;
    mkdirSync(folder, { recursive: true, mode: 0o700 });
  }

  list(): ExecutionDescription[] {
    const files = readdirSync(this.#folder).filter((file) => file.endsWith('.json'));
    return files.map((file) => JSON.parse(readFileSync(join(this.#folder, file), 'utf8')));
  }

  describe(description: ExecutionDescription): void {
    writeWhole(this.#file(description.executionArn, 'json'), JSON.stringify(description));
  }

  appendEvent(executionArn: string, event: HistoryEvent): void {
    appendFileSync(this.#file(executionArn, 'jsonl'), `${JSON.stringify(event)}\n`, { mode: 0o600 });
  }

  readEvents(executionArn: string): HistoryEvent[] {
    const file = this.#file(executionArn, 'jsonl');
    if (!existsSync(file)) return [];
    return readFileSync(file, 'utf8')
      .trimEnd()
      .split('\n')
      .filter(Boolean)
      .map((line) => JSON.parse(line));
  }

  #file(executionArn: string, extension: string): string {
    const [machine = '', name = ''] = executionArn.split(':').slice(-2);
    return join(this.#folder, `${machine}.${encodeURIComponent(name)}.${extension}`);
  }
}
