import { createBullmqInbox, createRedisLedger } from '@showpad-webhooks/bullmq';
import { inboxConformance, ledgerConformance } from '@showpad-webhooks/core/testing';
import { afterAll, beforeAll, describe, test } from 'vitest';
import { type Client, GROUPS, type Group, PREFIX } from './groups.ts';
import { ENGINES } from './servers.ts';

const [redis] = ENGINES;

describe.skipIf(!redis?.isInstalled).each(Object.entries(GROUPS))('on %s', (_kind, start) => {
  let group: Group;
  let client: Client;
  beforeAll(async () => {
    group = await start({ downAfterMs: 30_000 });
    client = await group.connect();
  });
  afterAll(async () => {
    client?.disconnect();
    await group?.remove();
  });

  describe('the inbox conforms', () => {
    const open = (options: object) =>
      createBullmqInbox({
        connection: client.connection,
        prefix: PREFIX,
        waitReplicas: { count: 1 },
        ...options,
      });
    for (const { name, run } of inboxConformance(open)) test(name, run);
  });

  describe('the ledger conforms', () => {
    let ledger: ReturnType<typeof createRedisLedger>;
    beforeAll(() => {
      ledger = createRedisLedger({ connection: client.connection });
    });
    afterAll(() => ledger.close());
    for (const { name, run } of ledgerConformance(() => ledger)) test(name, run);
  });
});
