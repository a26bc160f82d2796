import { randomUUID } from 'node:crypto';
import { join } from 'node:path';
import type { Clock } from '../clock.ts';
import {
  type CommandDocument,
  loadDocument,
  type PreparedStep,
  prepareStep,
} from '../hosts/command-document.ts';
import type { Host } from '../hosts/host.ts';
import type { HostRegistry } from '../hosts/host-registry.ts';
import { runScript, type ScriptEnd, type ScriptRun } from '../hosts/run-script.ts';
import type { CdkOut } from '../stack/cdk-out.ts';
import { readJson, writeWhole } from '../store.ts';
import { AwsError } from '../wire/aws-error.ts';

/** One command on one host. */
export interface CommandRecord {
  readonly commandId: string;
  readonly instanceId: string;
  readonly documentName: string;
  readonly comment: string;
  readonly parameters: Readonly<Record<string, readonly string[]>>;
  /** Seconds since the epoch. */
  readonly requestedAt: number;
  startedAt?: number;
  endedAt?: number;
  /** StatusDetails of the invocation. */
  status: string;
  exitCode: number;
  stdout: string;
  stderr: string;
}

export interface SendCommandInput {
  readonly DocumentName: string;
  readonly InstanceIds: readonly string[];
  readonly Parameters?: Readonly<Record<string, readonly string[]>>;
  readonly Comment?: string;
  readonly TimeoutSeconds?: number;
}

/** https://docs.aws.amazon.com/systems-manager/latest/APIReference/API_SendCommand.html */
const SENDABLE = [
  'DocumentName',
  'DocumentVersion',
  'InstanceIds',
  'Parameters',
  'Comment',
  'TimeoutSeconds',
];
const MOST_BYTES = 64 * 1024;
const DEFAULT_DELIVERY_SECONDS = 3600;
/** How often a host that does not answer is tried. */
const DELIVERY_RETRY_MS = 1000;
const OPEN = ['Pending', 'InProgress', 'Delayed', 'Cancelling'];

export interface SsmCommandsOptions {
  readonly out: CdkOut;
  readonly folder: string;
  readonly clock: Clock;
  readonly hosts: HostRegistry;
  readonly onStatusChange: (record: CommandRecord) => void;
}

/** Run Command: delivers documents to hosts and keeps what came of them. */
export class SsmCommands {
  readonly documents: ReadonlyMap<string, CommandDocument>;
  readonly #options: SsmCommandsOptions;
  readonly #records: CommandRecord[];
  readonly #runs = new Map<string, ScriptRun>();

  constructor(options: SsmCommandsOptions) {
    this.#options = options;
    this.documents = new Map(
      options.out
        .ofType('AWS::SSM::Document')
        .map(({ names, properties }) => [
          properties.Name ?? names.ref,
          loadDocument(properties.Name, properties.Content),
        ]),
    );
    this.#records = readJson(this.#file, []);
  }

  /** Commands that the engine's last end cut off: as after a crash of the machine they read as Failed, output lost. */
  closeCutOff(): void {
    for (const record of this.#records)
      if (OPEN.includes(record.status)) this.#end(record, 'Failed', { code: 1 });
  }

  endProcesses(): void {
    for (const run of this.#runs.values()) run.kill();
  }

  list(): readonly CommandRecord[] {
    return this.#records;
  }

  find(commandId: string, instanceId?: string): CommandRecord | undefined {
    return this.#records.find(
      (each) => each.commandId === commandId && (!instanceId || each.instanceId === instanceId),
    );
  }

  send(input: SendCommandInput): CommandRecord {
    const unknown = Object.keys(input).filter((name) => !SENDABLE.includes(name));
    if (unknown.length > 0)
      throw new AwsError(
        'ValidationException',
        `the embedded engine does not support ${unknown.join(', ')} of SendCommand`,
      );
    const document = this.documents.get(input.DocumentName);
    if (!document) throw new AwsError('InvalidDocument', `Document ${input.DocumentName} does not exist`);
    const [instanceId = '', ...others] = input.InstanceIds;
    const host = this.#options.hosts.find(instanceId);
    if (!host || others.length > 0)
      throw new AwsError(
        'InvalidInstanceId',
        `Instances not in a valid state for account: ${input.InstanceIds.join(', ')}`,
      );
    const step = prepareStep(document, input.Parameters ?? {});
    const size = JSON.stringify(document.content).length + JSON.stringify(input.Parameters ?? {}).length;
    if (size > MOST_BYTES)
      throw new AwsError(
        'MaxDocumentSizeExceeded',
        `document and parameters take ${size} bytes, more than ${MOST_BYTES}`,
      );
    const record: CommandRecord = {
      commandId: randomUUID(),
      instanceId,
      documentName: input.DocumentName,
      comment: input.Comment ?? '',
      parameters: input.Parameters ?? {},
      requestedAt: this.#options.clock.now() / 1000,
      status: 'Pending',
      exitCode: -1,
      stdout: '',
      stderr: '',
    };
    this.#records.push(record);
    this.#save();
    const deliverBy = this.#options.clock.now() + (input.TimeoutSeconds ?? DEFAULT_DELIVERY_SECONDS) * 1000;
    setImmediate(() => this.#deliver(record, host, step, deliverBy));
    return record;
  }

  cancel(commandId: string): void {
    const record = this.find(commandId);
    if (!record) throw new AwsError('InvalidCommandId', '');
    if (record.status === 'Pending') this.#end(record, 'Cancelled', { code: -1 });
    if (record.status !== 'InProgress') return;
    record.status = 'Cancelling';
    this.#runs.get(commandId)?.kill();
  }

  #deliver(record: CommandRecord, host: Host, step: PreparedStep, deliverBy: number): void {
    const { clock } = this.#options;
    if (record.status !== 'Pending') return;
    if (host.settings.pingStatus !== 'Online') {
      if (clock.now() >= deliverBy) return this.#end(record, 'DeliveryTimedOut', { code: -1 });
      clock.after(DELIVERY_RETRY_MS, () => this.#deliver(record, host, step, deliverBy));
      return;
    }
    record.status = 'InProgress';
    record.startedAt = clock.now() / 1000;
    this.#changed(record);
    clock.hold(this.#execute(record, host, step));
  }

  async #execute(record: CommandRecord, host: Host, step: PreparedStep): Promise<void> {
    const variables = { ...this.#options.hosts.variables(host), SSM_COMMAND_ID: record.commandId };
    const run = runScript(host, step.script, { variables, timeoutMs: step.timeoutSeconds * 1000 });
    this.#runs.set(record.commandId, run);
    const ended = await run.ended;
    this.#runs.delete(record.commandId);
    this.#end(record, statusOf(record, ended), ended);
  }

  #end(
    record: CommandRecord,
    status: string,
    { code, stdout = '', stderr = '' }: Partial<ScriptEnd> & { code: number },
  ): void {
    Object.assign(record, {
      status,
      exitCode: code,
      stdout,
      stderr,
      endedAt: this.#options.clock.now() / 1000,
    });
    this.#changed(record);
  }

  #changed(record: CommandRecord): void {
    this.#save();
    this.#options.onStatusChange(record);
  }

  get #file(): string {
    return join(this.#options.folder, 'commands.json');
  }

  #save(): void {
    writeWhole(this.#file, JSON.stringify(this.#records));
  }
}

/** What the agent makes of an exit code: 168 is success, 137 reads as a time-out, 194 would be a reboot. */
function statusOf(record: CommandRecord, { code, timedOut }: ScriptEnd): string {
  if (record.status === 'Cancelling') return 'Cancelled';
  if (timedOut || code === 137) return 'TimedOut';
  return code === 0 || code === 168 ? 'Success' : 'Failed';
}
