import type { Version } from 'aws-cdk-lib/aws-lambda';
import { Construct } from 'constructs';
import type { HostFunction } from '../deployment-machine/task.ts';
import { type FunctionFactoryProps, functionFactory } from './function-factory.ts';
import { functionPermissions } from './function-permissions.ts';
import { hostDocuments } from './host-documents.ts';

/** The functions that find hosts and drive them, and the Command documents that they send. */
export class HostFunctions extends Construct {
  /** Those that the deployment machine invokes. */
  readonly ofMachine: Readonly<Record<HostFunction, Version>>;
  readonly settleCommand: Version;

  constructor(scope: Construct, id: string, props: FunctionFactoryProps) {
    super(scope, id);
    const { environment, storage } = props;
    const may = functionPermissions(storage, environment);
    const define = functionFactory(this, props);
    const documents = hostDocuments(this, environment);
    const named = { DOCUMENTS: JSON.stringify(documents) };
    const concludeCommands = [
      may.writeTable,
      may.deleteRows,
      may.answerTasks,
      may.readCommands,
      may.cancelCommands,
      ...may.send(documents.ReadResult),
    ];
    this.ofMachine = {
      LocateHost: define('locate-host', 'Finds the dashboard host by its tags', [
        may.readTable,
        may.findHosts,
      ]).version,
      SnapshotHost: define('snapshot-host', 'Takes a snapshot of the disks of a host', [
        may.readTable,
        ...may.snapshot,
      ]).version,
      AwaitNode: define('await-node', 'Waits until the host is an online managed node', [
        may.readTable,
        may.findNodes,
      ]).version,
      SendCommand: define(
        'send-command',
        'Sends the command of a host step once',
        [may.writeTable, may.listCommands, ...may.send(...Object.values(documents))],
        { ...named, BUCKET_NAME: storage.bucket.bucketName },
      ).version,
      AwaitCommand: define(
        'await-command',
        'Registers who awaits a command, and looks at it once',
        concludeCommands,
        named,
      ).version,
      VerifyHealth: define('verify-health', 'Asks the application whether it is healthy', [may.readTable])
        .version,
      FindEdges: define('find-edges', 'Finds the edge hosts of the environment', [
        may.readTable,
        may.findNodes,
      ]).version,
    };
    this.settleCommand = define(
      'settle-command',
      'Looks at a command when its status changed',
      concludeCommands,
      named,
    ).version;
  }
}
