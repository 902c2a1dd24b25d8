import { Injectable } from '@nestjs/common';
import { send } from '@showpad-webhooks/conformance';
import { describe, expect, test, vi } from 'vitest';
import { type Inbox, OnShowpadEvent, ShowpadWebhooksModule } from '../src/index.ts';
import { createMemoryInbox, signedDelivery } from '../src/testing/index.ts';
import { createApp, PLATFORMS } from './server.ts';

const KEY = 'nest-key';
const path = '/webhooks/showpad';
const TYPE = 'shared-space-user-added';

describe.each(PLATFORMS)('an inbox on %s', (_platform, createAdapter) => {
  /** An app whose handler fails at the first attempt. */
  async function listen(inbox: Inbox) {
    const attempts: number[] = [];
    @Injectable()
    class Handlers {
      @OnShowpadEvent(TYPE)
      add(_event: unknown, { attempt }: { readonly attempt: number }) {
        attempts.push(attempt);
        if (attempt === 1) throw new Error('the CRM is down');
      }
    }
    const imports = [ShowpadWebhooksModule.forRoot({ path, keys: KEY, inbox })];
    const app = await createApp(createAdapter(), { imports, providers: [Handlers] });
    await app.listen(0, '127.0.0.1');
    return { app, attempts, url: await app.getUrl() };
  }

  test('stores before the answer, and handles from boot to shutdown', async () => {
    const inbox = createMemoryInbox({ backoffMs: () => 0 });
    const { app, attempts, url } = await listen(inbox);
    const { status, body } = await send(url + path, signedDelivery(TYPE, { key: KEY }));
    expect([status, body]).toEqual([202, '{"outcome":"queued"}']);
    await vi.waitFor(async () => expect((await inbox.counts()).done).toBe(1));
    await app.close();
    expect(attempts).toEqual([1, 2]);
  });

  test('that can’t be reached ends the boot with its own error', async () => {
    const start = () => Promise.reject(new Error('no route to Redis'));
    await expect(listen({ ...createMemoryInbox(), start })).rejects.toThrow('no route to Redis');
  });
});
