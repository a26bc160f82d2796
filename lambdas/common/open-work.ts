import {
  BatchGetBuildsCommand,
  type CodeBuildClient,
  ListBuildsForProjectCommand,
} from '@aws-sdk/client-codebuild';
import { CancelCommandCommand, type SSMClient } from '@aws-sdk/client-ssm';
import { isTerminal } from '../../lib/contract/host-result.ts';
import { projectName } from '../../lib/contract/names.ts';
import { readInvocation } from './command-invocation.ts';
import type { RunRecord } from './deployment-table.ts';

/** Builds and commands of a run that have not ended, in words: "build chronos-stage-apply:…". */
export async function openWork(
  environment: string,
  record: RunRecord,
  clients: { ssm: SSMClient; codebuild: CodeBuildClient },
): Promise<string[]> {
  const builds = await openBuilds(environment, record.runId, clients.codebuild);
  const commands = await openCommands(record, clients.ssm);
  return [...builds.map((id) => `build ${id}`), ...commands.map(({ commandId }) => `command ${commandId}`)];
}

async function openBuilds(environment: string, runId: string, codebuild: CodeBuildClient): Promise<string[]> {
  const open: string[] = [];
  for (const build of ['plan', 'apply'] as const) {
    const { ids = [] } = await codebuild.send(
      new ListBuildsForProjectCommand({
        projectName: projectName(environment, build),
        sortOrder: 'DESCENDING',
      }),
    );
    const newest = ids.slice(0, 20);
    if (newest.length === 0) continue;
    const { builds = [] } = await codebuild.send(new BatchGetBuildsCommand({ ids: newest }));
    for (const { id, buildStatus, environment: settings } of builds) {
      const ofRun = settings?.environmentVariables?.some(
        ({ name, value }) => name === 'RUN_ID' && value === runId,
      );
      if (ofRun && buildStatus === 'IN_PROGRESS') open.push(id!);
    }
  }
  return open;
}

interface OpenCommand {
  readonly commandId: string;
  readonly instanceId: string;
}

async function openCommands(record: RunRecord, ssm: SSMClient): Promise<OpenCommand[]> {
  const open: OpenCommand[] = [];
  for (const entry of record.commands ?? []) {
    const [commandId = '', instanceId = ''] = entry.split(' ');
    const invocation = await readInvocation(commandId, instanceId, ssm);
    if (invocation && !isTerminal(invocation.statusDetails)) open.push({ commandId, instanceId });
  }
  return open;
}

/** Asks Systems Manager to end every command of a run that has not ended. */
export async function cancelCommands(record: RunRecord, ssm: SSMClient): Promise<void> {
  for (const { commandId, instanceId } of await openCommands(record, ssm)) {
    await ssm.send(new CancelCommandCommand({ CommandId: commandId, InstanceIds: [instanceId] }));
  }
}
