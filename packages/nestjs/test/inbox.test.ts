import { type DynamicModule, Injectable } from '@nestjs/common';
import { Test } from '@nestjs/testing';
import { send } from '@showpad-webhooks/conformance';
import { describe, expect, test, vi } from 'vitest';
import {
  getShowpadReceiverToken,
  type Inbox,
  OnShowpadEvent,
  type Receiver,
  ShowpadWebhooksModule,
} from '../src/index.ts';
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

  test('stores an event before the answer, and handles it from boot to shutdown', async () => {
    const inbox = createMemoryInbox({ backoff: () => 0 });
    const { app, attempts, url } = await listen(inbox);
    const { status, body } = await send(url + path, signedDelivery(TYPE, { key: KEY }));
    expect([status, body]).toEqual([202, '{"outcome":"queued"}']);
    await vi.waitFor(async () => expect((await inbox.counts()).done).toBe(1));
    await app.close();
    expect(attempts).toEqual([1, 2]);
  });

  test('that cannot be reached ends the boot with its own error', async () => {
    const start = () => Promise.reject(new Error('no route to Redis'));
    await expect(listen({ ...createMemoryInbox(), start })).rejects.toThrow('no route to Redis');
  });
});

describe('the name of an inbox', () => {
  const boot = async (module: DynamicModule) => {
    const testing = await Test.createTestingModule({ imports: [module] }).compile();
    await testing.close();
    return testing;
  };
  const inbox = createMemoryInbox({ name: 'orders' });
  const mismatch = (name: string) =>
    `The Showpad receiver is named "${name}" and its inbox "orders", but they must have the same name. Either pass ` +
    `name: 'orders' to ShowpadWebhooksModule, or create the inbox with name: '${name}'.`;

  test('is the name of its receiver', async () => {
    const testing = await boot(ShowpadWebhooksModule.forRoot({ path, keys: KEY, inbox }));
    expect(testing.get<Receiver>(getShowpadReceiverToken('orders')).name).toBe('orders');
  });

  test('may be given to forRoot too, and must be the same', async () => {
    // TypeScript does not allow a name next to an inbox.
    const forRoot = (name: string) =>
      ShowpadWebhooksModule.forRoot({ path, keys: KEY, inbox, name } as unknown as {
        path: string;
        keys: string;
      });
    const testing = await boot(forRoot('orders'));
    expect(testing.get<Receiver>(getShowpadReceiverToken('orders')).name).toBe('orders');
    await expect(boot(forRoot('eu'))).rejects.toThrow(new TypeError(mismatch('eu')));
  });

  test('must be given to forRootAsync, which needs it before the options', async () => {
    const useFactory = () => ({ path, keys: KEY, inbox });
    const testing = await boot(ShowpadWebhooksModule.forRootAsync({ name: 'orders', useFactory }));
    expect(testing.get<Receiver>(getShowpadReceiverToken('orders')).name).toBe('orders');
    await expect(boot(ShowpadWebhooksModule.forRootAsync({ useFactory }))).rejects.toThrow(
      new TypeError(mismatch('default')),
    );
  });
});
