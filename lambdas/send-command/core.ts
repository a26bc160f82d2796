import type { Manifest } from '../../lib/contract/manifest.ts';
import type { LockClaim, Run } from '../../lib/contract/run.ts';
import type { HostDocument } from '../common/documents.ts';
import { hostPlan } from './host-plan.ts';

/** One step on a host, as the state machine asks for it. */
export interface HostStepRequest {
  readonly run: Run;
  readonly claim: LockClaim;
  readonly instanceId: string;
  /** The name under which the host keeps the result, for example "RunInstall" or "RestoreInstall". */
  readonly step: string;
  readonly document: HostDocument;
}

export interface CommandToSend {
  readonly document: HostDocument;
  readonly instanceId: string;
  readonly comment: string;
  readonly deliverySeconds: number;
  readonly parameters: Readonly<Record<string, string>>;
}

/** What sending a command needs from the outside. */
export interface SendCommandPorts {
  /** A command with this comment sent before: SendCommand has no client token. */
  findSent(comment: string, document: HostDocument): Promise<string | undefined>;
  send(command: CommandToSend): Promise<string>;
  rememberCommand(runId: string, commandId: string, instanceId: string): Promise<void>;
  now(): number;
}

export interface SentCommand {
  readonly commandId: string;
  readonly instanceId: string;
  readonly step: string;
  /** ISO 8601: when the state stops waiting. */
  readonly deadline: string;
}

/** Within this share of the step's time the host must have taken the command up. */
const MOST_DELIVERY_SECONDS = 120;
/** The script ends this much before its command, and the command this much before the state; less in short steps. */
const MARGIN_SECONDS = 15;

/**
 * Sends a step's command unless an earlier attempt of the same run and step has.
 * @param bucket in which hosts leave what outlives them
 */
export async function sendCommand(
  request: HostStepRequest,
  manifest: Manifest,
  bucket: string,
  ports: SendCommandPorts,
): Promise<SentCommand> {
  const { run, claim, instanceId, step, document } = request;
  const seconds = secondsFor(document, manifest);
  const comment = `${run.runId}/${step}`;
  const deadline = Math.min(ports.now() + seconds * 1000, Date.parse(run.deadline));
  const margin = Math.min(MARGIN_SECONDS, seconds / 4);
  const scriptSeconds = Math.max(Math.floor((deadline - ports.now()) / 1000 - 2 * margin), 1);
  const commandId =
    (await ports.findSent(comment, document)) ??
    (await ports.send({
      document,
      instanceId,
      comment,
      deliverySeconds: Math.min(Math.max(seconds, 30), MOST_DELIVERY_SECONDS),
      parameters: {
        RunId: run.runId,
        Step: step,
        Fence: String(claim.fence),
        Seconds: String(scriptSeconds),
        Timeout: String(Math.ceil(scriptSeconds + margin)),
        Plan: Buffer.from(JSON.stringify(hostPlan(run, manifest, bucket))).toString('base64'),
      },
    }));
  await ports.rememberCommand(run.runId, commandId, instanceId);
  return { commandId, instanceId, step, deadline: new Date(deadline).toISOString() };
}

/** Seconds for delivery and execution together. */
function secondsFor(document: HostDocument, { install, backUp, host }: Manifest): number {
  const minutes: Partial<Record<HostDocument, number | undefined>> = {
    RunInstall: install.timeoutMinutes,
    DumpDatabase: backUp?.timeoutMinutes,
  };
  return (minutes[document] ?? host.timeoutMinutes) * 60;
}
