import { ConditionalCheckFailedException, DynamoDBClient } from '@aws-sdk/client-dynamodb';
import {
  DeleteCommand,
  DynamoDBDocumentClient,
  GetCommand,
  PutCommand,
  UpdateCommand,
} from '@aws-sdk/lib-dynamodb';
import type { Drift } from '../../lib/contract/drift.ts';
import type { LockClaim, Release, Run } from '../../lib/contract/run.ts';

/** The row that says who may change the environment. */
export interface Lock {
  /** ARN of the execution that holds it; undefined when it is free. */
  readonly owner?: string;
  readonly fence: number;
  readonly runId?: string;
  readonly action?: string;
  readonly requestedBy?: string;
  readonly takenAt?: string;
}

/** A task token that waits for a command on a host. */
export interface CommandCallback {
  readonly commandId: string;
  readonly instanceId: string;
  readonly taskToken: string;
  readonly runId: string;
  readonly step: string;
  /** How often the state was retried: an older attempt's token never replaces a newer one. */
  readonly retryCount: number;
  /** ISO 8601: the step's own deadline. */
  readonly deadline: string;
  /** Brings back the last good release: a cancellation does not end it. */
  readonly restoring: boolean;
  /** Set while the host is asked for a result that the command did not give: why it was asked. */
  readonly askedBecause?: string;
}

export interface Approval {
  readonly runId: string;
  readonly taskToken: string;
  readonly digest: string;
  readonly requestedAt: string;
  /** ARN of whoever asked for the deployment, as far as it is known. */
  readonly requestedBy: string;
  /** `another`: not whoever asked for the deployment. */
  readonly approver: Run['approver'];
  readonly decision?: 'approved' | 'rejected' | 'cancelled';
  readonly decidedBy?: string;
  readonly decidedAt?: string;
  readonly comment?: string;
}

/** What is known of a run beside its execution. */
export interface RunRecord {
  readonly runId: string;
  readonly executionArn: string;
  readonly cancelRequestedBy?: string;
  readonly cancelReason?: string;
  /** `commandId instanceId` of each command sent. */
  readonly commands?: ReadonlySet<string>;
}

/** Rows about single runs go after 90 days, as the execution history does. */
const KEPT_SECONDS = 90 * 24 * 3600;

const LOCK = { pk: 'lock' };
const RELEASE = { pk: 'release' };
const DRIFT = { pk: 'drift' };
const runKey = (runId: string) => ({ pk: `run#${runId}` });
const approvalKey = (runId: string) => ({ pk: `approval#${runId}` });
const callbackKey = (commandId: string) => ({ pk: `command#${commandId}` });

/** An environment's table: the lock, the last good release, and one row per run, approval and awaited command. */
export class DeploymentTable {
  readonly #name: string;
  readonly #client: DynamoDBDocumentClient;

  constructor(name: string, client = new DynamoDBClient({})) {
    this.#name = name;
    this.#client = DynamoDBDocumentClient.from(client, { marshallOptions: { removeUndefinedValues: true } });
  }

  async readLock(): Promise<Lock> {
    return (await this.#get<Lock>(LOCK)) ?? { fence: 0 };
  }

  /**
   * Takes the lock where it is free or held by `abandoned`, and answers with the new fencing number;
   * undefined when somebody else was first.
   */
  async takeLock(run: Run, now: string, abandoned?: string): Promise<number | undefined> {
    const updated = await this.#conditionally(
      new UpdateCommand({
        TableName: this.#name,
        Key: LOCK,
        UpdateExpression:
          'SET #owner = :owner, runId = :runId, #action = :action, requestedBy = :requestedBy, takenAt = :now ADD fence :one',
        ConditionExpression: abandoned
          ? 'attribute_not_exists(#owner) OR #owner = :abandoned'
          : 'attribute_not_exists(#owner)',
        ExpressionAttributeNames: { '#owner': 'owner', '#action': 'action' },
        ExpressionAttributeValues: {
          ':owner': run.executionArn,
          ':runId': run.runId,
          ':action': run.action,
          ':requestedBy': run.requestedBy,
          ':now': now,
          ':one': 1,
          ...(abandoned ? { ':abandoned': abandoned } : {}),
        },
        ReturnValues: 'ALL_NEW',
      }),
    );
    return updated && ((updated as { Attributes: Lock }).Attributes.fence as number);
  }

  /** Frees the lock if this owner holds it; the fencing number stays. Answers whether it did. */
  async freeLock(owner: string): Promise<boolean> {
    const updated = await this.#conditionally(
      new UpdateCommand({
        TableName: this.#name,
        Key: LOCK,
        UpdateExpression: 'REMOVE #owner, runId, #action, requestedBy, takenAt',
        ConditionExpression: '#owner = :owner',
        ExpressionAttributeNames: { '#owner': 'owner', '#action': 'action' },
        ExpressionAttributeValues: { ':owner': owner },
      }),
    );
    return updated !== undefined;
  }

  async holdsLock(claim: LockClaim): Promise<boolean> {
    const lock = await this.readLock();
    return lock.owner === claim.owner && lock.fence === claim.fence;
  }

  async readRun(runId: string): Promise<RunRecord | undefined> {
    return await this.#get<RunRecord>(runKey(runId));
  }

  async rememberRun(run: Run): Promise<void> {
    await this.#updateRun(run.runId, 'SET runId = :runId, executionArn = :arn, expiresAt = :expires', {
      ':runId': run.runId,
      ':arn': run.executionArn,
      ':expires': expiry(),
    });
  }

  async rememberCommand(runId: string, commandId: string, instanceId: string): Promise<void> {
    await this.#updateRun(runId, 'ADD commands :command', {
      ':command': new Set([`${commandId} ${instanceId}`]),
    });
  }

  async requestCancel(runId: string, by: string, reason: string): Promise<void> {
    await this.#updateRun(runId, 'SET cancelRequestedBy = :by, cancelReason = :reason', {
      ':by': by,
      ':reason': reason,
    });
  }

  async readRelease(): Promise<Release | undefined> {
    return await this.#get<Release>(RELEASE);
  }

  async recordRelease(release: Release): Promise<void> {
    await this.#client.send(new PutCommand({ TableName: this.#name, Item: { ...RELEASE, ...release } }));
  }

  async forgetRelease(): Promise<void> {
    await this.#client.send(new DeleteCommand({ TableName: this.#name, Key: RELEASE }));
  }

  async readDrift(): Promise<Drift | undefined> {
    return await this.#get<Drift>(DRIFT);
  }

  async rememberDrift(drift: Drift): Promise<void> {
    await this.#client.send(new PutCommand({ TableName: this.#name, Item: { ...DRIFT, ...drift } }));
  }

  async forgetDrift(): Promise<void> {
    await this.#client.send(new DeleteCommand({ TableName: this.#name, Key: DRIFT }));
  }

  async readApproval(runId: string): Promise<Approval | undefined> {
    return await this.#get<Approval>(approvalKey(runId));
  }

  async requestApproval(approval: Approval): Promise<void> {
    const Item = { ...approvalKey(approval.runId), ...approval, expiresAt: expiry() };
    await this.#client.send(new PutCommand({ TableName: this.#name, Item }));
  }

  /** Records a decision; false when there was one already. */
  async decide(
    runId: string,
    decision: NonNullable<Approval['decision']>,
    by: string,
    at: string,
    comment: string,
  ): Promise<boolean> {
    const updated = await this.#conditionally(
      new UpdateCommand({
        TableName: this.#name,
        Key: approvalKey(runId),
        UpdateExpression: 'SET decision = :decision, decidedBy = :by, decidedAt = :at, #comment = :comment',
        ConditionExpression: 'attribute_exists(taskToken) AND attribute_not_exists(decision)',
        ExpressionAttributeNames: { '#comment': 'comment' },
        ExpressionAttributeValues: { ':decision': decision, ':by': by, ':at': at, ':comment': comment },
      }),
    );
    return updated !== undefined;
  }

  async readCallback(commandId: string): Promise<CommandCallback | undefined> {
    return await this.#get<CommandCallback>(callbackKey(commandId));
  }

  /** Stores a callback unless a later attempt's is there. */
  async rememberCallback(callback: CommandCallback): Promise<void> {
    await this.#conditionally(
      new PutCommand({
        TableName: this.#name,
        Item: { ...callbackKey(callback.commandId), ...callback, expiresAt: expiry() },
        ConditionExpression: 'attribute_not_exists(pk) OR retryCount <= :retryCount',
        ExpressionAttributeValues: { ':retryCount': callback.retryCount },
      }),
    );
  }

  async forgetCallback(commandId: string): Promise<void> {
    await this.#client.send(new DeleteCommand({ TableName: this.#name, Key: callbackKey(commandId) }));
  }

  async #get<T>(key: { pk: string }): Promise<T | undefined> {
    const { Item } = await this.#client.send(
      new GetCommand({ TableName: this.#name, Key: key, ConsistentRead: true }),
    );
    if (!Item) return undefined;
    const { pk: _, expiresAt: __, ...row } = Item;
    return row as T;
  }

  async #updateRun(runId: string, expression: string, values: Record<string, unknown>): Promise<void> {
    await this.#client.send(
      new UpdateCommand({
        TableName: this.#name,
        Key: runKey(runId),
        UpdateExpression: expression,
        ExpressionAttributeValues: values,
      }),
    );
  }

  /** undefined when the condition did not hold. */
  async #conditionally(command: UpdateCommand | PutCommand): Promise<object | undefined> {
    try {
      return await this.#client.send(command as UpdateCommand);
    } catch (error) {
      if (error instanceof ConditionalCheckFailedException) return undefined;
      throw error;
    }
  }
}

/** Seconds since the epoch, as DynamoDB's time to live wants it. */
const expiry = (): number => Math.floor(Date.now() / 1000) + KEPT_SECONDS;
