import { GetItemCommand, UpdateItemCommand } from '@aws-sdk/client-dynamodb';
import { createDynamoLedger, createSqsHandler, type Ledger } from '@showpad-webhooks/aws-lambda';
import { signedDelivery } from '@showpad-webhooks/aws-lambda/testing';
import { keyTextOf } from '@showpad-webhooks/core/store';
import { ledgerConformance } from '@showpad-webhooks/core/testing';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createServerClock } from '../src/server-clock.ts';
import { connect, type DynamoServer, startDynamo } from './dynamo-server.ts';
import { startLossyProxy } from './lossy-proxy.ts';
import { messageOf } from './sqs-message.ts';
import { propertiesOf } from './template.ts';

const TABLE = 'showpad-ledger';
const LEASE_MS = 10_000;

describe('the ledger in DynamoDB', () => {
  let server: DynamoServer;
  beforeAll(async () => {
    server = await startDynamo(TABLE);
  });
  afterAll(() => server.close());
  const open = (ttlMs?: number): Ledger =>
    createDynamoLedger({ client: server.client, table: TABLE, ...(ttlMs !== undefined && { ttlMs }) });

  for (const { name, run } of ledgerConformance(() => open())) test(name, run);

  test('handles an event once across instances, and goes on where a failed attempt ended', async () => {
    const ran: string[] = [];
    let isCrmDown = true;
    const newInstance = () => {
      const handler = createSqsHandler({ keys: 'a-key', ledger: open() });
      handler.receiver
        .on('shared-space-created', () => void ran.push('log'), { name: 'log' })
        .on(
          'shared-space-created',
          () => {
            if (isCrmDown) throw new Error('The CRM is down.');
            ran.push('crm');
          },
          { name: 'crm' },
        );
      return handler;
    };
    const event = { Records: [messageOf(signedDelivery('shared-space-created', { key: 'a-key' }))] };
    expect((await newInstance()(event)).batchItemFailures).toHaveLength(1);
    isCrmDown = false;
    for (let count = 0; count < 2; count++)
      expect((await newInstance()(event)).batchItemFailures).toEqual([]);
    expect(ran).toEqual(['log', 'crm']);
  });

  test('needs no right that the template does not give', async () => {
    const ledger = open();
    server.operations.clear();
    for (const ending of ['release', 'complete'] as const) {
      const claim = await ledger.claim({ key: 'rights', bodyDigest: 1, leaseMs: LEASE_MS });
      if (claim.status !== 'claimed') throw new Error(claim.status);
      await ledger.checkpoint({ key: 'rights', fence: claim.fence }, { handler: 'a', leaseMs: LEASE_MS });
      expect(await ledger[ending]({ key: 'rights', fence: claim.fence })).toBe(true);
    }
    const policies = JSON.stringify(propertiesOf('FunctionRole').Policies);
    const given = [...policies.matchAll(/"dynamodb:(\w+)"/g)].map(([, right]) => right);
    expect([...server.operations].toSorted()).toEqual(given.toSorted());
  });

  test('keeps its claim if the response to a write is lost, and the SDK sends the write again', async () => {
    const proxy = await startLossyProxy(server.url);
    const client = connect(proxy.url);
    const ledger = createDynamoLedger({ client, table: TABLE });
    const key = 'lost';
    const claim = async () => {
      const result = await ledger.claim({ key, bodyDigest: 1, leaseMs: LEASE_MS });
      return result.status === 'claimed' ? result : { ...result, fence: 0 };
    };
    proxy.lostWrites = 5;
    const first = await claim();
    expect(first).toMatchObject({ status: 'claimed', attempt: 1 });
    expect(await ledger.checkpoint({ key, fence: first.fence }, { leaseMs: LEASE_MS })).toBe(true);
    expect(await ledger.release({ key, fence: first.fence })).toBe(true);
    const second = await claim();
    expect(second).toMatchObject({ status: 'claimed', attempt: 2 });
    expect(await ledger.complete({ key, fence: second.fence })).toBe(true);
    expect(proxy.lostWrites).toBe(0);
    expect(await claim()).toMatchObject({ status: 'completed' });
    client.destroy();
    await proxy.close();
  });

  test('runs all handlers again if their names cannot be read', async () => {
    const ledger = open();
    const claim = () => ledger.claim({ key: 'unreadable', bodyDigest: 1, leaseMs: LEASE_MS });
    const first = await claim();
    if (first.status !== 'claimed') throw new Error(first.status);
    await ledger.release({ key: 'unreadable', fence: first.fence });
    await server.client.send(
      new UpdateItemCommand({
        TableName: TABLE,
        Key: { id: { S: keyTextOf('unreadable') } },
        UpdateExpression: 'SET handlers = :handlers',
        ExpressionAttributeValues: { ':handlers': { L: [{ S: 'crm' }] } },
      }),
    );
    expect(await claim()).toMatchObject({ status: 'claimed', attempt: 2, done: [] });
  });

  test('forgets what was handled when its time is over, and lets DynamoDB delete it then', async () => {
    const ledger = open(1);
    const claim = () => ledger.claim({ key: 'forgotten', bodyDigest: 1, leaseMs: LEASE_MS });
    expect(await claim()).toMatchObject({ status: 'claimed', fence: 1, attempt: 1 });
    await ledger.complete({ key: 'forgotten', fence: 1 });
    const command = new GetItemCommand({ TableName: TABLE, Key: { id: { S: keyTextOf('forgotten') } } });
    const { Item } = await server.client.send(command);
    expect(Number(Item?.expiresAt?.N)).toBe(Math.ceil(Number(Item?.untilMs?.N) / 1000));
    expect(propertiesOf('Ledger').TimeToLiveSpecification).toEqual({
      AttributeName: 'expiresAt',
      Enabled: true,
    });
    let again = await claim();
    while (again.status !== 'claimed') again = await claim();
    expect(again).toMatchObject({ fence: 2, attempt: 1, done: [] });
  });

  test('fails if the table does not exist, so that the delivery is answered with 503', async () => {
    const ledger = createDynamoLedger({ client: server.client, table: 'no-such-table' });
    const claiming = ledger.claim({ key: '1', bodyDigest: 1, leaseMs: LEASE_MS }) as Promise<unknown>;
    await expect(claiming).rejects.toThrow('resource not found');
  });

  test.each([
    ['"client" must be a DynamoDBClient', { client: {}, table: TABLE }],
    ['"client" must be a DynamoDBClient', { table: TABLE }],
    ['"table" must be the name of a table', { client: { send() {} }, table: ' ' }],
    ['"table" must be the name of a table', { client: { send() {} } }],
    [
      '"ttl" is not an option. The options are: client, table, ttlMs.',
      { client: { send() {} }, table: TABLE, ttl: 9 },
    ],
    ['"ttlMs" must be a number above 0', { client: { send() {} }, table: TABLE, ttlMs: 0 }],
  ])('says that the option %s', (text, options) => {
    expect(() => createDynamoLedger(options as never)).toThrow(text);
  });
});

describe('the clock of DynamoDB', () => {
  const dateOf = (ms: number) => new Date(ms).toUTCString();
  const start = Date.UTC(2026, 0, 1);

  test('is never more than a second behind, and never steps back', () => {
    let steadyMs = 5;
    const clock = createServerClock(() => steadyMs);
    clock.note(dateOf(start + 900)); // It tells whole seconds.
    expect(clock.nowMs()).toBe(start);
    steadyMs += 200;
    clock.note(dateOf(start + 1_100));
    expect(clock.nowMs()).toBe(start + 1_000);
    steadyMs += 500;
    clock.note(dateOf(start + 1_600));
    expect(clock.nowMs()).toBe(start + 1_500);
    clock.note(undefined);
    clock.note('no date');
    expect(clock.nowMs()).toBe(start + 1_500);
  });

  test('is right again after the process was frozen', () => {
    const clock = createServerClock(() => 5);
    clock.note(dateOf(start));
    clock.note(dateOf(start + 3_600_000));
    expect(clock.nowMs()).toBe(start + 3_600_000);
  });

  test('is the time by which the process started, before there was a response', () => {
    expect(Math.abs(createServerClock().nowMs() - performance.timeOrigin - performance.now())).toBeLessThan(
      1_000,
    );
  });
});
