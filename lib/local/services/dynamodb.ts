import { request as httpRequest, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import {
  CreateTableCommand,
  DynamoDBClient,
  ResourceInUseException,
  waitUntilTableExists,
} from '@aws-sdk/client-dynamodb';
import dynalite from 'dynalite';
import type { CdkOut } from '../stack/cdk-out.ts';
import type { RestService } from '../wire/server.ts';

/** DynamoDB by dynalite, which checks expressions, conditions and limits as AWS does. Time to live is not carried out. */
export class DynamoDbService implements RestService {
  readonly protocol = 'rest';
  readonly #server: Server;

  constructor(folder: string) {
    this.#server = dynalite({ path: folder, createTableMs: 0 });
  }

  /** Starts dynalite on a port of its own and makes the stacks' tables, and OpenTofu's lock tables, where they are not there. */
  async start(out: CdkOut, lockTables: readonly string[] = []): Promise<void> {
    await new Promise<void>((resolve) => this.#server.listen(0, '127.0.0.1', resolve));
    const client = new DynamoDBClient({
      endpoint: `http://127.0.0.1:${this.#port}`,
      region: 'us-east-1',
      credentials: { accessKeyId: 'engine', secretAccessKey: 'engine' },
    });
    const tables = [...out.ofType('AWS::DynamoDB::GlobalTable'), ...out.ofType('AWS::DynamoDB::Table')];
    const wanted = [
      ...tables.map(({ names, properties: { AttributeDefinitions, KeySchema } }) => ({
        TableName: names.ref,
        AttributeDefinitions,
        KeySchema,
      })),
      ...lockTables.map(lockTable),
    ];
    for (const definition of wanted) {
      const table = { ...definition, BillingMode: 'PAY_PER_REQUEST' as const };
      await client.send(new CreateTableCommand(table)).catch((error) => {
        if (!(error instanceof ResourceInUseException)) throw error;
      });
      await waitUntilTableExists(
        { client, maxWaitTime: 10, minDelay: 0.05, maxDelay: 0.1 },
        { TableName: table.TableName },
      );
    }
    client.destroy();
  }

  async stop(): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  /** Passes a request on as it is: its signature was checked, and dynalite checks none. */
  answer(request: IncomingMessage, body: Buffer, response: ServerResponse): Promise<void> {
    const { method, url, headers } = request;
    return new Promise((resolve, reject) => {
      const forwarded = httpRequest(
        { host: '127.0.0.1', port: this.#port, method, path: url, headers },
        (answer) => {
          response.writeHead(answer.statusCode ?? 500, answer.headers);
          answer.pipe(response).on('finish', resolve).on('error', reject);
        },
      );
      forwarded.on('error', reject);
      forwarded.end(body);
    });
  }

  get #port(): number {
    return (this.#server.address() as AddressInfo).port;
  }
}

/** The table in which OpenTofu's S3 backend locks a state. */
const lockTable = (TableName: string) => ({
  TableName,
  AttributeDefinitions: [{ AttributeName: 'LockID', AttributeType: 'S' as const }],
  KeySchema: [{ AttributeName: 'LockID', KeyType: 'HASH' as const }],
});
