import { appendFileSync, existsSync, mkdirSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Clock } from '../clock.ts';
import { AwsError } from '../wire/aws-error.ts';
import type { JsonService } from '../wire/server.ts';

interface LogEvent {
  readonly timestamp: number;
  readonly message: string;
}

interface StreamName {
  readonly logGroupName: string;
  readonly logStreamName: string;
}

/** CloudWatch Logs, as far as functions and builds write to it: a file per stream. */
export class LogsService implements JsonService {
  readonly protocol = 'json';
  readonly #folder: string;
  readonly #clock: Clock;

  constructor(folder: string, clock: Clock) {
    this.#folder = folder;
    this.#clock = clock;
  }

  append(group: string, stream: string, text: string): void {
    const folder = join(this.#folder, encodeURIComponent(group));
    mkdirSync(folder, { recursive: true, mode: 0o700 });
    const lines = text.split('\n').filter((line) => line !== '');
    const events = lines.map((message) => JSON.stringify({ timestamp: this.#clock.now(), message }));
    if (events.length > 0)
      appendFileSync(this.#file(group, stream), `${events.join('\n')}\n`, { mode: 0o600 });
  }

  readonly operations = {
    GetLogEvents: ({
      logGroupName,
      logStreamName,
      limit = 10_000,
      startFromHead = false,
    }: StreamName & { limit?: number; startFromHead?: boolean }) => {
      const all = this.#read(logGroupName, logStreamName);
      const events = startFromHead ? all.slice(0, limit) : all.slice(-limit);
      return {
        events: events.map((event) => ({ ...event, ingestionTime: event.timestamp })),
        nextForwardToken: `f/${all.length}`,
        nextBackwardToken: 'b/0',
      };
    },
    DescribeLogGroups: () => ({
      logGroups: list(this.#folder).map((name) => ({ logGroupName: decodeURIComponent(name) })),
    }),
    DescribeLogStreams: ({ logGroupName }: { logGroupName: string }) => ({
      logStreams: list(join(this.#folder, encodeURIComponent(logGroupName))).map((name) => ({
        logStreamName: decodeURIComponent(name),
      })),
    }),
  };

  #read(group: string, stream: string): LogEvent[] {
    const file = this.#file(group, stream);
    if (!existsSync(file))
      throw new AwsError('ResourceNotFoundException', 'The specified log stream does not exist.');
    return readFileSync(file, 'utf8')
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line));
  }

  #file(group: string, stream: string): string {
    return join(this.#folder, encodeURIComponent(group), encodeURIComponent(stream));
  }
}

const list = (folder: string): string[] => (existsSync(folder) ? readdirSync(folder).sort() : []);
