import { randomUUID } from 'node:crypto';
import type { Clock } from '../clock.ts';
import type { Faults } from '../faults.ts';
import { ACCOUNT, type CdkOut, REGION } from '../stack/cdk-out.ts';
import type { JsonService } from '../wire/server.ts';
import { matchesPattern, unknownOperators } from './event-pattern.ts';
import type { LambdaService } from './lambda.ts';

interface Rule {
  readonly name: string;
  readonly pattern: unknown;
  readonly everyMs: number | undefined;
  /** ARNs of functions and state machines. */
  readonly targets: readonly string[];
}

export interface EventsOptions {
  readonly out: CdkOut;
  readonly lambda: LambdaService;
  readonly startExecution: (stateMachineArn: string, input: string) => void;
  readonly clock: Clock;
  readonly faults: Faults;
}

const UNIT_MS: Readonly<Record<string, number>> = { minute: 60_000, hour: 3_600_000, day: 86_400_000 };

/** EventBridge: delivers to the functions and state machines that the synthesized rules name, in the background, as often as AWS may. */
export class EventsService implements JsonService {
  readonly protocol = 'json';
  readonly #rules: readonly Rule[];
  readonly #options: EventsOptions;
  #stopped = false;

  constructor(options: EventsOptions) {
    this.#options = options;
    this.#rules = options.out
      .ofType('AWS::Events::Rule')
      .map(({ logicalId, properties }) => readRule(logicalId, properties));
  }

  /** Begins to fire the scheduled rules. */
  start(): void {
    for (const rule of this.#rules) if (rule.everyMs !== undefined) this.#schedule(rule, rule.everyMs);
  }

  stop(): void {
    this.#stopped = true;
  }

  /** Emits an event of a service. Targets are invoked later, each on its own. */
  emit(source: string, detailType: string, detail: object): void {
    const event = {
      version: '0',
      id: randomUUID(),
      'detail-type': detailType,
      source,
      account: ACCOUNT,
      time: new Date(this.#options.clock.now()).toISOString(),
      region: REGION,
      resources: [],
      detail,
    };
    for (const rule of this.#rules) {
      if (rule.pattern === undefined || !matchesPattern(rule.pattern, event)) continue;
      for (let copies = this.#options.faults.eventCopies(detailType); copies > 0; copies -= 1)
        this.#deliver(rule, event);
    }
  }

  readonly operations = {
    PutEvents: ({
      Entries,
    }: {
      Entries: readonly { Source: string; DetailType: string; Detail: string }[];
    }) => {
      for (const { Source, DetailType, Detail } of Entries) this.emit(Source, DetailType, JSON.parse(Detail));
      return { FailedEntryCount: 0, Entries: Entries.map(() => ({ EventId: randomUUID() })) };
    },
    ListRules: () => ({ Rules: this.#rules.map(({ name }) => ({ Name: name, State: 'ENABLED' })) }),
  };

  #schedule(rule: Rule, everyMs: number): void {
    this.#options.clock.background(everyMs, () => {
      if (this.#stopped) return;
      this.#deliver(rule, { source: 'aws.events', 'detail-type': 'Scheduled Event', detail: {} });
      this.#schedule(rule, everyMs);
    });
  }

  #deliver(rule: Rule, event: object): void {
    const { lambda, startExecution, clock } = this.#options;
    for (const target of rule.targets) {
      if (target.includes(':states:')) {
        startExecution(target, JSON.stringify(event));
        continue;
      }
      // Lambda retries an asynchronous invocation twice.
      const attempt = async (left: number): Promise<void> => {
        const outcome = await lambda.invoke(target, event);
        if ('error' in outcome && left > 0 && !this.#stopped) await attempt(left - 1);
      };
      clock.hold(attempt(2)).catch(() => {});
    }
  }
}

// biome-ignore lint/suspicious/noExplicitAny: CloudFormation's shape
function readRule(name: string, properties: any): Rule {
  const { EventPattern, ScheduleExpression, Targets = [] } = properties;
  const unknown = unknownOperators(EventPattern);
  if (unknown.length > 0)
    throw new Error(`rule ${name} uses ${unknown.join(', ')}, which the embedded engine does not support`);
  const targets = Targets.map(({ Arn }: { Arn: string }) => {
    if (!/^arn:[^:]*:(lambda|states):/.test(Arn))
      throw new Error(`rule ${name} has a target that is neither a function nor a state machine: ${Arn}`);
    return Arn;
  });
  return {
    name,
    pattern: EventPattern,
    everyMs: ScheduleExpression && rateMs(name, ScheduleExpression),
    targets,
  };
}

function rateMs(name: string, expression: string): number {
  const [, count, unit = ''] = /^rate\((\d+) (minute|hour|day)s?\)$/.exec(expression) ?? [];
  if (!count)
    throw new Error(`rule ${name} has the schedule ${expression}; the embedded engine supports only rates`);
  return Number(count) * UNIT_MS[unit]!;
}
