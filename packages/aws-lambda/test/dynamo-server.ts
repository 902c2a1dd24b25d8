import { once } from 'node:events';
import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import {
  CreateTableCommand,
  type CreateTableCommandInput,
  DynamoDBClient,
  waitUntilTableExists,
} from '@aws-sdk/client-dynamodb';
import dynalite from 'dynalite';
import { propertiesOf } from './template.ts';

export interface DynamoServer {
  readonly url: string;
  readonly client: DynamoDBClient;
  /** The operations that were called since the table was made, such as `GetItem`. */
  readonly operations: Set<string>;
  close(): Promise<void>;
}

/** Starts dynalite, an implementation of DynamoDB on npm, and makes the table of `template.yaml`. */
export async function startDynamo(table: string): Promise<DynamoServer> {
  const operations = new Set<string>();
  const server: Server = dynalite({ createTableMs: 0 }).listen(0, '127.0.0.1');
  server.on('request', ({ headers }) =>
    operations.add(String(headers['x-amz-target']).split('.').at(-1) ?? ''),
  );
  await once(server, 'listening');
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const client = connect(url);
  // DynamoDB takes the lifetime of items with another call, and dynalite does not delete them.
  const { TimeToLiveSpecification: _, ...definition } = propertiesOf('Ledger');
  await client.send(new CreateTableCommand({ TableName: table, ...definition } as CreateTableCommandInput));
  await waitUntilTableExists({ client, maxWaitTime: 10, minDelay: 0.01 }, { TableName: table });
  operations.clear();
  return {
    url,
    client,
    operations,
    async close() {
      client.destroy();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

export function connect(endpoint: string): DynamoDBClient {
  const credentials = { accessKeyId: 'any', secretAccessKey: 'any' };
  return new DynamoDBClient({ endpoint, region: 'eu-west-1', credentials });
}
