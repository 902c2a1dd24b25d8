import { createDynamoLedger } from '@showpad-webhooks/aws-lambda';
import { ledgerConformance } from '@showpad-webhooks/core/testing';
import { afterAll, beforeAll, describe, test } from 'vitest';
import { type DynamoServer, startDynamo } from './dynamo-server.ts';

const TABLE = 'showpad-ledger';

describe('the ledger in DynamoDB', () => {
  let server: DynamoServer;
  beforeAll(async () => {
    server = await startDynamo(TABLE);
  });
  afterAll(() => server.close());

  for (const { name, run } of ledgerConformance(() =>
    createDynamoLedger({ client: server.client, table: TABLE }),
  ))
    test(name, run);
});
