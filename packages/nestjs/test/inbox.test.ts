import { type DynamicModule, Injectable, type Provider } from '@nestjs/common';
import { Test } from '@nestjs/testing';
import { send } from '@showpad-webhooks/conformance';
import { describe, expect, test, vi } from 'vitest';
import {
  createMemoryLedger,
  getShowpadReceiverToken,
  type Inbox,
  type Ledger,
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

describe('the names of classes after a minifier', () => {
  /** A class with a handler, as a minifier names it. */
  function minified(className: string, handle: () => void) {
    @Injectable()
    class Handlers {
      @OnShowpadEvent(TYPE)
      handle() {
        handle();
      }
    }
    return Object.defineProperty(Handlers, 'name', { value: className });
  }

  /** A ledger that does not say that it ends with the process, as one in a database. */
  function lastingLedger(): Ledger {
    const { endsWithProcess: _endsWithProcess, ...ledger } = createMemoryLedger();
    return ledger;
  }

  const boot = async (ledger: Ledger, ...providers: readonly Provider[]) => {
    const warn = vi.fn();
    const logger = { debug() {}, info() {}, warn, error() {} };
    const imports = [ShowpadWebhooksModule.forRoot({ path, keys: KEY, ledger, logger })];
    const app = await Test.createTestingModule({ imports, providers: [...providers] }).compile();
    await app.init();
    return { app, warn, receiver: app.get<Receiver>(getShowpadReceiverToken('default')) };
  };

  test('that the next build gives to another class make no handler count as done', async () => {
    const ledger = lastingLedger();
    const crm = vi.fn();
    const mail = vi.fn(() => {
      if (mail.mock.calls.length === 1) throw new Error('the mail server is down');
    });
    const delivery = signedDelivery(TYPE, { key: KEY });

    const before = await boot(ledger, minified('e', crm), minified('t', mail));
    expect((await before.receiver.receive(delivery)).outcome).toBe('failed');
    await before.app.close();
    const names = before.warn.mock.calls.flatMap(([{ handlerName }]) => handlerName ?? []);
    expect(names).toEqual(['e.handle', 't.handle']);
    const fix = `Give it a name: @OnShowpadEvent('${TYPE}', { name: '…' }).`;
    expect(before.warn.mock.calls[0]?.[1]).toContain(fix);

    const after = await boot(ledger, minified('e', mail), minified('t', crm));
    expect((await after.receiver.receive(delivery)).outcome).toBe('handled');
    await after.app.close();
    expect(mail).toHaveBeenCalledTimes(2);
  });

  test('that are the same for two classes end the boot with the fix', async () => {
    const both = [minified('e', () => {}), minified('e', () => {})];
    await expect(boot(lastingLedger(), ...both)).rejects.toThrow(
      `Give one of them another name: @OnShowpadEvent('${TYPE}', { name: '…' }).`,
    );
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
