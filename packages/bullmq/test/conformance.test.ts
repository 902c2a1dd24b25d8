import { createBullmqInbox } from '@showpad-webhooks/bullmq';
import { inboxConformance } from '@showpad-webhooks/core/testing';
import type { Server } from '@showpad-webhooks/servers';
import { afterAll, beforeAll, describe, test } from 'vitest';
import { ENGINES } from './servers.ts';

describe.each(ENGINES)('the inbox on $engine conforms', ({ isInstalled, start, sourceOf }) => {
  let server: Server;
  beforeAll(async () => {
    if (isInstalled) server = await start();
  }, 60_000);
  afterAll(() => server?.remove());

  for (const { name, run } of inboxConformance((options) =>
    createBullmqInbox({ ...sourceOf(server), ...options }),
  )) {
    test.skipIf(!isInstalled)(name, run, 60_000);
  }
});
