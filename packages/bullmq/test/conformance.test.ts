import { createBullmqInbox } from '@showpad-webhooks/bullmq';
import { inboxConformance } from '@showpad-webhooks/core/testing';
import type { Server } from '@showpad-webhooks/servers';
import { Redis } from 'ioredis';
import { afterAll, beforeAll, describe, expect, onTestFinished, test, vi } from 'vitest';
import { ENGINES } from './servers.ts';
import { consumerOf, entryOf, nameOf } from './support.ts';

describe.each(ENGINES)('the inbox on $engine conforms', ({ isInstalled, start, sourceOf }) => {
  let server: Server;
  beforeAll(async () => {
    if (isInstalled) server = await start();
  });
  afterAll(() => server?.remove());

  for (const { name, run } of inboxConformance((options) =>
    createBullmqInbox({ ...sourceOf(server), ...options }),
  )) {
    test.skipIf(!isInstalled)(name, run, 60_000);
  }

  // What ioredis collects knows only the scripts that were defined before.
  test.skipIf(!isInstalled).each([
    ['a connection of its own', false],
    ["a client of the app's own", true],
  ])('stores and handles with %s that collects commands', async (_name, isOwn) => {
    const options = { port: server.port, host: '127.0.0.1', enableAutoPipelining: true };
    const client = isOwn && new Redis({ ...options, maxRetriesPerRequest: null });
    const inbox = createBullmqInbox({ connection: client || options, name: nameOf() });
    const handled = new Set<string>();
    const process = async ({ id }: { readonly id: string }) => void handled.add(id);
    onTestFinished(async () => {
      await inbox.close({ timeoutMs: 1_000 });
      if (client) client.disconnect();
    });
    await inbox.start(consumerOf(process));
    const ids = Array.from({ length: 20 }, (_, index) => `event-${index}`);
    await Promise.all(ids.map((id) => inbox.put(entryOf(id))));
    await vi.waitFor(() => expect([...handled].toSorted()).toEqual(ids.toSorted()), 30_000);
  });
});
