import { isTerminal } from '../../contract/host-result.ts';
import type { HostRegistry } from '../hosts/host-registry.ts';
import { AwsError } from '../wire/aws-error.ts';
import type { JsonService } from '../wire/server.ts';
import type { ParameterStore, PutParameterInput } from './parameter-store.ts';
import type { CommandRecord, SendCommandInput, SsmCommands } from './ssm-commands.ts';

interface Filter {
  readonly Key?: string;
  readonly Values?: readonly string[];
  /** ListCommands spells its filters in lower case. */
  readonly key?: string;
  readonly value?: string;
}

/** Systems Manager: Run Command, managed nodes and Parameter Store. */
export class SsmService implements JsonService {
  readonly protocol = 'json';
  readonly #commands: SsmCommands;
  readonly #parameters: ParameterStore;
  readonly #hosts: HostRegistry;

  constructor(commands: SsmCommands, parameters: ParameterStore, hosts: HostRegistry) {
    this.#commands = commands;
    this.#parameters = parameters;
    this.#hosts = hosts;
  }

  readonly operations = {
    SendCommand: (input: SendCommandInput) => ({ Command: commandOf(this.#commands.send(input)) }),
    CancelCommand: ({ CommandId }: { CommandId: string }) => {
      this.#commands.cancel(CommandId);
      return {};
    },
    ListCommands: ({
      CommandId,
      InstanceId,
      Filters = [],
    }: {
      CommandId?: string;
      InstanceId?: string;
      Filters?: readonly Filter[];
    }) => ({
      Commands: this.#select(CommandId, InstanceId, Filters).map(commandOf),
    }),
    ListCommandInvocations: ({
      CommandId,
      InstanceId,
      Filters = [],
      Details = false,
    }: {
      CommandId?: string;
      InstanceId?: string;
      Filters?: readonly Filter[];
      Details?: boolean;
    }) => ({
      CommandInvocations: this.#select(CommandId, InstanceId, Filters).map((record) => ({
        ...commandOf(record),
        InstanceId: record.instanceId,
        CommandPlugins: Details ? [pluginOf(record)] : [],
      })),
    }),
    GetCommandInvocation: ({ CommandId, InstanceId }: { CommandId: string; InstanceId: string }) => {
      const record = this.#commands.find(CommandId, InstanceId);
      if (!record) throw new AwsError('InvocationDoesNotExist', '');
      return {
        ...commandOf(record),
        InstanceId,
        PluginName: 'step',
        ResponseCode: record.exitCode,
        ExecutionStartDateTime: record.startedAt ? new Date(record.startedAt * 1000).toISOString() : '',
        ExecutionEndDateTime: record.endedAt ? new Date(record.endedAt * 1000).toISOString() : '',
        StandardOutputContent: record.stdout,
        StandardErrorContent: record.stderr,
        StandardOutputUrl: '',
        StandardErrorUrl: '',
      };
    },
    DescribeInstanceInformation: ({ Filters = [] }: { Filters?: readonly Filter[] }) => ({
      InstanceInformationList: this.#hosts
        .list()
        .filter((host) =>
          Filters.every(({ Key = '', Values = [] }) => {
            if (Key === 'InstanceIds') return Values.includes(host.instanceId);
            if (Key.startsWith('tag:')) return Values.includes(host.tags[Key.slice(4)] ?? '');
            if (Key === 'PingStatus') return Values.includes(host.settings.pingStatus);
            throw new AwsError('InvalidFilterKey', `the embedded engine does not support the filter ${Key}`);
          }),
        )
        .map((host) => ({
          InstanceId: host.instanceId,
          PingStatus: host.settings.pingStatus,
          AgentVersion: host.settings.agentVersion,
          PlatformType: 'Linux',
          ResourceType: 'EC2Instance',
          IPAddress: host.address,
        })),
    }),
    ListDocuments: () => ({
      DocumentIdentifiers: [...this.#commands.documents.keys()].map((Name) => ({
        Name,
        DocumentType: 'Command',
        DocumentVersion: '1',
      })),
    }),
    GetDocument: ({ Name }: { Name: string }) => {
      const document = this.#commands.documents.get(Name);
      if (!document) throw new AwsError('InvalidDocument', `Document with name ${Name} does not exist.`);
      return {
        Name,
        DocumentVersion: '1',
        Status: 'Active',
        Content: JSON.stringify(document.content),
        DocumentType: 'Command',
        DocumentFormat: 'JSON',
      };
    },
    PutParameter: (input: PutParameterInput) => ({ Version: this.#parameters.put(input), Tier: 'Standard' }),
    GetParameter: ({ Name, WithDecryption = false }: { Name: string; WithDecryption?: boolean }) => {
      const Parameter = this.#parameters.get(Name, WithDecryption);
      if (!Parameter) throw new AwsError('ParameterNotFound', '');
      return { Parameter };
    },
    GetParameters: ({
      Names,
      WithDecryption = false,
    }: {
      Names: readonly string[];
      WithDecryption?: boolean;
    }) => {
      if (Names.length > 10)
        throw new AwsError(
          'ValidationException',
          "1 validation error detected: Value at 'names' failed to satisfy constraint: Member must have length less than or equal to 10",
        );
      const found = Names.map((name) => this.#parameters.get(name, WithDecryption));
      return { Parameters: found.filter(Boolean), InvalidParameters: Names.filter((_, i) => !found[i]) };
    },
    GetParametersByPath: ({
      Path,
      WithDecryption = false,
      Recursive = false,
    }: {
      Path: string;
      WithDecryption?: boolean;
      Recursive?: boolean;
    }) => {
      const base = Path.endsWith('/') ? Path : `${Path}/`;
      const below = this.#parameters
        .names()
        .filter((name) => name.startsWith(base) && (Recursive || !name.slice(base.length).includes('/')));
      return { Parameters: below.map((name) => this.#parameters.get(name, WithDecryption)) };
    },
    DescribeParameters: () => ({
      Parameters: this.#parameters.names().map((name) => {
        const { Value: _, ...metadata } = this.#parameters.get(name, false) as { Value: string };
        return metadata;
      }),
    }),
    DeleteParameter: ({ Name }: { Name: string }) => {
      if (!this.#parameters.delete(Name)) throw new AwsError('ParameterNotFound', '');
      return {};
    },
  };

  #select(
    commandId: string | undefined,
    instanceId: string | undefined,
    filters: readonly Filter[],
  ): CommandRecord[] {
    return this.#commands
      .list()
      .filter(
        (record) =>
          (!commandId || record.commandId === commandId) && (!instanceId || record.instanceId === instanceId),
      )
      .filter((record) =>
        filters.every(({ key, value }) => {
          if (key === 'DocumentName') return record.documentName === value;
          if (key === 'Status') return statusOf(record) === value;
          throw new AwsError('InvalidFilterKey', `the embedded engine does not support the filter ${key}`);
        }),
      )
      .toReversed();
  }
}

/** Status is coarser than StatusDetails. */
const statusOf = ({ status }: CommandRecord): string => {
  const coarse: Record<string, string> = { DeliveryTimedOut: 'TimedOut', Undeliverable: 'Failed' };
  return coarse[status] ?? status;
};

const commandOf = (record: CommandRecord) => ({
  CommandId: record.commandId,
  DocumentName: record.documentName,
  DocumentVersion: '1',
  Comment: record.comment,
  Parameters: record.parameters,
  InstanceIds: [record.instanceId],
  RequestedDateTime: record.requestedAt,
  Status: statusOf(record),
  StatusDetails: record.status,
  TargetCount: 1,
  CompletedCount: isTerminal(record.status) ? 1 : 0,
});

const pluginOf = (record: CommandRecord) => ({
  Name: 'step',
  Status: statusOf(record),
  StatusDetails: record.status,
  ResponseCode: record.exitCode,
  Output: record.stdout.slice(0, 2500),
});
