import { createBullmqInbox } from '@showpad-webhooks/bullmq';
import type { Server } from '@showpad-webhooks/servers';
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import { ENGINES } from './servers.ts';
import { entryOf, nameOf } from './support.ts';

describe.each(ENGINES)('with $engine, an inbox that must exist', ({ isInstalled, start, sourceOf }) => {
  let server: Server;
  beforeAll(async () => {
    if (isInstalled) server = await start();
  });
  afterAll(() => server?.remove());

  function open(name: string, mustExist: boolean) {
    const inbox = createBullmqInbox({ ...sourceOf(server), name, mustExist });
    onTestFinished(() => inbox.close({ timeoutMs: 0 }));
    return inbox;
  }

  test.skipIf(!isInstalled)('is not created', async () => {
    const name = nameOf();
    await expect(open(name, true).counts()).rejects.toThrow();
    await expect(open(name, true).list()).rejects.toThrow();
    await open(nameOf(), false).counts(); // From now on the server has an inbox.
    const message = `There is no queue "showpad-${name}" on this server.`;
    await expect(open(name, true).counts()).rejects.toThrow(message);
    await expect(open(name, true).list()).rejects.toThrow(message);
  });

  test.skipIf(!isInstalled)('is used as it is', async () => {
    const name = nameOf();
    const app = open(name, false);
    await app.put(entryOf('1'));
    expect(await open(name, true).counts()).toMatchObject({ pending: 1 });
    expect(await open(name, true).discard({ id: '1' })).toBe(1);
    expect(await app.counts()).toMatchObject({ pending: 0 });
  });
});
