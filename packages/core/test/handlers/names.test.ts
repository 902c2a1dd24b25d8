import { createMemoryLedger, createReceiver, type Ledger } from '@showpad-webhooks/core';
import { type ClaimedEntry, createStoreInbox } from '@showpad-webhooks/core/inbox';
import { createMemoryInbox } from '@showpad-webhooks/core/testing';
import { describe, expect, test } from 'vitest';
import { entryOf } from '../../src/testing/inbox-store-conformance.ts';
import { createMemoryInboxStore } from '../../src/testing/memory-inbox.ts';
import { watchedInbox } from '../inbox/watched-inbox.ts';
import { processWarnings } from '../reporting/process-warnings.ts';
import { delivery, KEY, memoryLogger, type ProbeOptions, probe, TYPE } from '../support.ts';

const warnings = processWarnings();
const fail = () => Promise.reject(new Error('The CRM is down.'));

/** A ledger that does not say that it ends with the process, as one in a database. */
function lastingLedger(): Ledger {
  const { endsWithProcess: _endsWithProcess, ...ledger } = createMemoryLedger();
  return ledger;
}

/** Gives a function a name, as a minifier does. */
function named<Call extends (...args: never[]) => unknown>(name: string, call: Call): Call {
  return Object.defineProperty(call, 'name', { value: name });
}

const LASTING: readonly (readonly [string, () => ProbeOptions])[] = [
  ['an inbox', () => ({ inbox: createMemoryInbox() })],
  ['a ledger that outlives the process', () => ({ ledger: lastingLedger() })],
];

describe.each(LASTING)('with %s', (_store, options) => {
  const message = (target: string, fix: string) =>
    `One of several handlers for ${target} has no name. Names tell a retry which of them are done, even after a ` +
    `deploy. Give each of them a name: ${fix}.`;

  test('an anonymous handler next to another one of its type is an error with the fix', () => {
    const fix = `receiver.on('${TYPE}', handler, { name: '…' })`;
    const expected = new Error(message(`"${TYPE}"`, fix));
    const crm = () => {};
    expect(() =>
      probe(options())
        .receiver.on(TYPE, crm)
        .on(TYPE, () => {}),
    ).toThrow(expected);
    expect(() =>
      probe(options())
        .receiver.on(TYPE, () => {})
        .on(TYPE, crm),
    ).toThrow(expected);
    expect(() => probe({ ...options(), on: { [TYPE]: [crm, () => {}] } })).toThrow(expected);
  });

  test('an anonymous handler of the option "on" is named for its type, and that is no name of its own', () => {
    const { receiver } = probe({ ...options(), on: { [TYPE]: () => {} } });
    expect(() => receiver.on(TYPE, () => {}, { name: 'crm' })).toThrow(/^One of several handlers for/);
  });

  test('the same is true of handlers for every event and for unknown events', () => {
    const { receiver } = probe(options());
    receiver.onAny(() => {}).onUnknown(() => {});
    expect(() => receiver.onAny(() => {})).toThrow(
      new Error(message('every event', "receiver.onAny(handler, { name: '…' })")),
    );
    expect(() => receiver.onUnknown(() => {}, { name: 'crm' })).toThrow(
      new Error(message('unknown events', "receiver.onUnknown(handler, { name: '…' })")),
    );
  });

  test('an anonymous handler that is alone for its type needs no name, and has one that stays', async () => {
    const { receiver, errors, deliver } = probe(options());
    receiver.on(['COURSE_COMPLETED', TYPE], () => {}).onAny(() => {});
    await receiver.start();
    expect(await deliver()).toMatch(/^20[02]/);
    expect(errors).toEqual([]);
    expect(warnings.entries).toEqual([]);
    await receiver.close();
  });

  test.each(['a', '_$', 'bound e', 'e.handle', 'handle$1', 'handle$12', 'Handlers$2.add'])(
    'warns once of the name %j, which a build tool seems to have made, and says how to fix it',
    async (name) => {
      const fix = name.includes('.')
        ? "@OnShowpadEvent('COURSE_COMPLETED', { name: '…' })"
        : "receiver.on('COURSE_COMPLETED', handler, { name: '…' })";
      const { logger, lines } = memoryLogger();
      const { receiver } = probe({ ...options(), logger });
      receiver.on(
        ['COURSE_COMPLETED', TYPE],
        named(name, () => {}),
      );
      await receiver.start();
      await receiver.receive(delivery());
      await receiver.close();
      expect(lines.filter(({ handlerName }) => handlerName !== undefined)).toMatchObject([
        {
          level: 40,
          receiverName: 'default',
          handlerName: name,
          msg:
            `The handler "${name}" for "COURSE_COMPLETED" seems to be named by a minifier or a bundler, and the next build may ` +
            'give this name to another handler. So only this process remembers that the handler is done: after a ' +
            `restart it may run again. Give it a name: ${fix}.`,
        },
      ]);
    },
  );

  test('warns of it as a process warning, if there is no logger', async () => {
    const { receiver } = probe(options());
    receiver.on(
      TYPE,
      named('e', () => {}),
    );
    await receiver.start();
    await receiver.receive(delivery());
    expect(await warnings.has(1)).toMatchObject([{ code: 'HANDLER_NAME' }]);
    await receiver.close();
  });

  test('warns of two names of which a bundler numbered one', async () => {
    const { logger, lines } = memoryLogger();
    const { receiver } = probe({ ...options(), logger });
    const crm = named('handle', () => {});
    receiver.on(TYPE, crm).on(
      TYPE,
      named('handle2', () => {}),
    );
    receiver.on('COURSE_COMPLETED', crm);
    receiver.on(TYPE, () => {}, { name: 'mail' }).on(TYPE, () => {}, { name: 'mail2' });
    await receiver.start();
    await receiver.receive(delivery());
    await receiver.close();
    expect(lines.flatMap(({ handlerName }) => handlerName ?? [])).toEqual(['handle', 'handle2']);
  });

  test.each(['crm', 'add', 'addContact', 'CrmHandlers.add', 'syncCrm2', '$store', 'pay$1st', 'été'])(
    'does not warn of the name %j',
    async (name) => {
      const { receiver } = probe(options());
      receiver.on(
        TYPE,
        named(name, () => {}),
      );
      await receiver.start();
      await receiver.receive(delivery());
      await receiver.close();
      expect(warnings.entries).toEqual([]);
    },
  );

  test.each([
    ['handle', 'handle12', ['handle', 'handle12']],
    ['handle', 'handle2nd', []],
    ['handle', 'handleV2', []],
  ])(
    'takes a name for numbered only if nothing but a number was added: %s and %s',
    async (one, other, warned) => {
      const { logger, lines } = memoryLogger();
      const { receiver } = probe({ ...options(), logger });
      for (const name of [one, other]) {
        receiver.on(
          TYPE,
          named(name, () => {}),
        );
      }
      await receiver.start();
      await receiver.receive(delivery());
      await receiver.close();
      expect(lines.flatMap(({ handlerName }) => handlerName ?? [])).toEqual(warned);
    },
  );

  test('does not take a name for numbered because of a name that was given', async () => {
    const { logger, lines } = memoryLogger();
    const { receiver } = probe({ ...options(), logger });
    receiver
      .on(
        TYPE,
        named('crm2', () => {}),
      )
      .on(TYPE, () => {}, { name: 'crm' });
    await receiver.start();
    await receiver.receive(delivery());
    await receiver.close();
    expect(lines.flatMap(({ handlerName }) => handlerName ?? [])).toEqual([]);
  });

  test('does not warn of a name that was given', async () => {
    const { receiver } = probe(options());
    receiver.on(TYPE, () => {}, { name: 'e' });
    await receiver.start();
    await receiver.receive(delivery());
    await receiver.close();
    expect(warnings.entries).toEqual([]);
  });
});

describe('with a store that ends with the process', () => {
  test.each([
    ['the memory ledger', {}],
    ['no ledger', { ledger: false }],
  ] as const)('names do not matter: %s', async (_ledger, options) => {
    const { logger, lines } = memoryLogger();
    const { receiver, deliver } = probe({ ...options, logger });
    receiver
      .on(TYPE, () => {})
      .on(
        TYPE,
        named('e', () => {}),
      )
      .on(TYPE, () => {});
    await receiver.start();
    expect(await deliver()).toBe('200 handled');
    expect(lines.filter(({ handlerName }) => handlerName !== undefined)).toEqual([]);
  });
});

describe('a build that gives the name of a handler that is done to another one', () => {
  /** What two handlers have done, of which the mail fails the first time, before and after a deploy. */
  async function deploy(
    names: { readonly before: readonly [string, string]; readonly after: readonly [string, string] },
    store: 'inbox' | 'ledger',
  ): Promise<string[]> {
    const ran: string[] = [];
    const inboxStore = createMemoryInboxStore();
    const ledger = lastingLedger();
    const start = async ([crm, mail]: readonly [string, string], sendMail: () => unknown) => {
      const watched = watchedInbox({ backoff: () => 0, maxAttempts: 1 }, inboxStore);
      const receiver = createReceiver({
        keys: KEY,
        ...(store === 'inbox' ? { inbox: watched.inbox } : { ledger }),
      })
        .onError(() => {})
        .on(
          TYPE,
          named(crm, () => void ran.push('crm')),
        )
        .on(TYPE, named(mail, sendMail as () => void));
      await receiver.start();
      return { receiver, ...watched };
    };
    const first = await start(names.before, fail);
    await first.receiver.receive(delivery());
    if (store === 'inbox') await first.outcomes.has(1);
    await first.receiver.close();
    const second = await start(names.after, () => void ran.push('mail'));
    if (store === 'inbox') {
      await second.inbox.retry({ state: 'dead' });
      await second.outcomes.has(1);
    } else await second.receiver.receive(delivery());
    await second.receiver.close();
    return ran;
  }

  describe.each(['inbox', 'ledger'] as const)('with an %s', (store) => {
    test.each([
      ['minified', { before: ['a', 'b'], after: ['b', 'a'] }],
      ['minified classes', { before: ['e.handle', 't.handle'], after: ['t.handle', 'e.handle'] }],
      ['numbered', { before: ['handle', 'handle2'], after: ['handle2', 'handle'] }],
    ] as const)('skips none of them: %s', async (_names, names) => {
      expect(await deploy(names, store)).toContain('mail');
    });

    test('runs only the one that is left, if the names are their own', async () => {
      expect(await deploy({ before: ['crm', 'mail'], after: ['crm', 'mail'] }, store)).toEqual([
        'crm',
        'mail',
      ]);
    });

    test('runs a handler that has another name now', async () => {
      expect(await deploy({ before: ['crm', 'mail'], after: ['hubspot', 'mail'] }, store)).toEqual([
        'crm',
        'crm',
        'mail',
      ]);
    });
  });

  test('in one process, a handler that is done does not run again, whatever its name', async () => {
    const ran: string[] = [];
    const { receiver, deliver } = probe({ ledger: lastingLedger() });
    let isMailDown = true;
    receiver.on(
      TYPE,
      named('a', () => void ran.push('crm')),
    );
    receiver.on(
      TYPE,
      named('b', () => {
        if (isMailDown) throw new Error('The mail server is down.');
        ran.push('mail');
      }),
    );
    expect(await deliver()).toBe('500 HANDLER_FAILED');
    isMailDown = false;
    expect(await deliver()).toBe('200 handled');
    expect(ran).toEqual(['crm', 'mail']);
  });
});

test.each([
  ['e@1a2b3c4d', false],
  ['e@1a2b3c4d.handle', true],
  ['crm@c', true],
  ['crm@example.', true],
])('start() reports that the handler %j of another process is gone: %s', async (handlerName, isReported) => {
  const store = createMemoryInboxStore();
  const nowMs = Date.now();
  await store.put(entryOf({}), { nowMs });
  const [claim] = await store.claim({ leaseMs: 60_000, nowMs, limit: 1, exceptIds: [] });
  await store.checkpoint(claim as ClaimedEntry, { handlerName, leaseMs: 60_000, nowMs });
  const { receiver, errors } = probe({ inbox: createStoreInbox(store) });
  receiver.on(TYPE, () => {}, { name: 'mail' });
  await receiver.start();
  await receiver.close();
  expect(errors).toHaveLength(isReported ? 1 : 0);
});

test('start() says nothing of what a handler has done that a build tool named, before a restart', async () => {
  const store = createMemoryInboxStore();
  const first = watchedInbox({ backoff: () => 3_600_000 }, store);
  const before = probe({ inbox: first.inbox });
  before.receiver
    .on(
      TYPE,
      named('a', () => {}),
    )
    .on(TYPE, fail, { name: 'mail' });
  await before.receiver.start();
  await before.deliver();
  await first.outcomes.has(1);
  await before.receiver.close();
  const after = probe({ inbox: createStoreInbox(store) });
  after.receiver.on(TYPE, () => {}, { name: 'mail' });
  await after.receiver.start();
  await after.receiver.close();
  expect(after.errors).toEqual([]);
});

test('a name that two handlers of one event would share is an error, also if one of them is for every event', () => {
  const { receiver } = probe();
  receiver.onAny(() => {}, { name: 'crm' });
  expect(() => receiver.on(TYPE, () => {}, { name: 'any:crm' })).toThrow(
    `Two handlers for "${TYPE}" are named "any:crm".`,
  );
  receiver.on(TYPE, () => {}, { name: 'any:mail' });
  expect(() => receiver.onAny(() => {}, { name: 'mail' })).toThrow(
    'Two handlers for every event are named "mail".',
  );
});

test('two methods of one name for every event are an error that shows the decorator with a name', () => {
  const add = named('CrmHandlers.add', () => {});
  expect(() => probe().receiver.onAny(add).onAny(add)).toThrow(
    "Give one of them another name: @OnShowpadEvent('*', { name: '…' }).",
  );
});

test('positions are never stored', async () => {
  const inbox = createStoreInbox(createMemoryInboxStore(), { maxAttempts: 1 });
  const { receiver, deliver } = probe({ inbox, on: { [TYPE]: () => {} } });
  const dead = new Promise((resolve) => receiver.onDeadLetter(resolve));
  receiver.onAny(fail);
  await receiver.start();
  await deliver();
  await dead;
  const { items } = await inbox.list();
  expect(items[0]?.done).toEqual([TYPE]);
  await receiver.close();
});
