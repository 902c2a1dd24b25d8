import type { Inbox } from '@showpad-webhooks/core';
import {
  createStoreInbox,
  type InboxItem,
  type InboxState,
  type InboxStore,
  type StoreHealth,
} from '@showpad-webhooks/core/inbox';
import {
  type InboxAlert,
  type InboxWatch,
  type WatchInboxOptions,
  watchInbox,
} from '@showpad-webhooks/core/watch';
import { describe, expect, onTestFinished, test, vi } from 'vitest';
import { entryOf } from '../../src/testing/inbox-store-conformance.ts';
import { createMemoryInboxStore } from '../../src/testing/memory-inbox.ts';
import { NOW_MS, startTime, stopTime, TYPE } from '../support.ts';

const HOUR_MS = 3_600_000;
const DEAD = { code: 'HANDLER_FAILED', message: 'The CRM is down.' };
const HEALTHY: StoreHealth = { isWritable: true, problems: [] };

interface Watched {
  readonly inbox: Inbox;
  readonly watch: InboxWatch;
  readonly alerts: InboxAlert[];
  /** The condition and the state of each alert since the last time that this was called. */
  readonly told: () => string[];
}

/** Watches an inbox whose conditions end after two checks that do not find them. */
function watched(changes: Partial<InboxStore> = {}, options: Partial<WatchInboxOptions> = {}): Watched {
  const inbox = createStoreInbox({ ...createMemoryInboxStore(), ...changes }, { name: 'crm' });
  const alerts: InboxAlert[] = [];
  const notify = (alert: InboxAlert) => void alerts.push(alert);
  const watch = watchInbox(inbox, { notify, quietMs: 40_000, ...options });
  onTestFinished(() => watch.close());
  let read = 0;
  const told = () => {
    const news = alerts.slice(read);
    read = alerts.length;
    return news.map(({ condition, state }) => `${condition} ${state}`);
  };
  return { inbox, watch, alerts, told };
}

test('calls once when dead letters appear, and once when they have been gone for a while', async () => {
  const { inbox, watch, alerts, told } = watched();
  await watch.check();
  expect(told()).toEqual([]);
  await inbox.put(entryOf({ id: '1', error: DEAD }));
  for (let checks = 0; checks < 3; checks++) await watch.check();
  await inbox.put(entryOf({ id: '2', error: DEAD }));
  await watch.check();
  expect(told()).toEqual(['dead-letters begun']);

  await inbox.discard({ state: 'dead' });
  await watch.check();
  await inbox.put(entryOf({ id: '3', error: DEAD }));
  await watch.check();
  await inbox.discard({ state: 'dead' });
  await watch.check();
  expect(told(), 'it comes and goes').toEqual([]);
  await watch.check();
  await watch.check();
  expect(told()).toEqual(['dead-letters ended']);
  expect(alerts).toEqual([
    {
      condition: 'dead-letters',
      data: { deadLetters: 1 },
      inboxName: 'crm',
      key: 'crm/dead-letters',
      state: 'begun',
      text: expect.stringMatching(/^The inbox "crm" holds 1 dead letter\. .*"showpad-webhooks inbox list"/),
    },
    expect.objectContaining({
      data: { deadLetters: 1 },
      key: 'crm/dead-letters',
      text: 'The inbox "crm" holds no dead letter any more.',
    }),
  ]);
});

/** What is told of a condition that is there for two checks and then gone for two. */
async function tellOf(
  changes: Partial<InboxStore>,
  options: Partial<WatchInboxOptions>,
  begin: (inbox: Inbox) => unknown,
  end: (inbox: Inbox) => unknown,
): Promise<InboxAlert[]> {
  const { inbox, watch, alerts } = watched(changes, options);
  await begin(inbox);
  for (let checks = 0; checks < 2; checks++) await watch.check();
  await end(inbox);
  for (let checks = 0; checks < 2; checks++) await watch.check();
  return alerts;
}

describe('the texts of a condition are sentences that say what to do', () => {
  let health: () => StoreHealth = () => HEALTHY;
  const changes: Partial<InboxStore> = { health: () => health() };
  const be = (next: () => StoreHealth) => () => {
    health = next;
  };
  const well = be(() => HEALTHY);
  const problems = ['The disk is full.', 'Nothing was stored for 3 s.'];
  const putDead = (count: number) => async (inbox: Inbox) => {
    for (let id = 1; id <= count; id++) await inbox.put(entryOf({ id: `${id}`, error: DEAD }));
  };
  const discardAll = (inbox: Inbox) => inbox.discard({ state: 'dead' });

  test.each<
    [string, Partial<WatchInboxOptions>, (inbox: Inbox) => unknown, (inbox: Inbox) => unknown, object]
  >([
    [
      'unreachable',
      {},
      be(() => {
        throw new Error('connect ECONNREFUSED');
      }),
      well,
      {
        data: { problem: 'The store cannot be read: connect ECONNREFUSED' },
        begun: 'cannot be reached. The store cannot be read: connect ECONNREFUSED',
        ended: 'can be reached again.',
      },
    ],
    [
      'cannot-store',
      {},
      be(() => ({ isWritable: false, problems })),
      well,
      {
        data: { problem: 'The disk is full. Nothing was stored for 3 s.' },
        begun:
          'cannot store events, and Showpad sends each one for about 15 s only. The disk is full. Nothing was stored for 3 s.',
        ended: 'can store events again.',
      },
    ],
    [
      'problem',
      {},
      be(() => ({ isWritable: true, problems: ['fsync is off.'] })),
      well,
      {
        data: { problem: 'fsync is off.' },
        begun: 'reports a problem. fsync is off.',
        ended: 'does not report this any more: fsync is off.',
      },
    ],
    [
      'dead-letters',
      {},
      putDead(1),
      discardAll,
      {
        data: { deadLetters: 1 },
        begun:
          'holds 1 dead letter. Nobody handles them until they are retried. "showpad-webhooks inbox list" says why they died.',
        ended: 'holds no dead letter any more.',
      },
    ],
    [
      'dead-letters',
      { maxDeadLetters: 1 },
      putDead(2),
      discardAll,
      {
        data: { deadLetters: 2 },
        begun:
          'holds 2 dead letters. Nobody handles them until they are retried. "showpad-webhooks inbox list" says why they died.',
        ended: 'holds few dead letters again.',
      },
    ],
  ])('%s, with %j', async (condition, options, begin, end, expected) => {
    onTestFinished(well);
    const alerts = await tellOf(changes, options, begin, end);
    const [begun, ended] = alerts;
    expect(alerts).toHaveLength(2);
    expect(begun).toMatchObject({ condition, state: 'begun' });
    expect(ended).toMatchObject({ condition, state: 'ended' });
    expect({ data: begun?.data, begun: begun?.text, ended: ended?.text }).toEqual(
      withName(expected as Texts),
    );
  });

  interface Texts {
    readonly begun: string;
    readonly ended: string;
  }

  const withName = ({ begun, ended, ...rest }: Texts) => ({
    ...rest,
    begun: `The inbox "crm" ${begun}`,
    ended: `The inbox "crm" ${ended}`,
  });

  test.each([
    [119_000, '119 s'],
    [120_000, '2 min'],
    [7_140_000, '119 min'],
    [7_200_000, '2 h'],
    [26.4 * HOUR_MS, '26 h'],
  ])('lag, and %i ms are %s', async (lagMs, words) => {
    stopTime();
    onTestFinished(startTime);
    const alerts = await tellOf(
      {},
      {},
      async (inbox) => {
        await inbox.put(entryOf({}));
        vi.setSystemTime(NOW_MS + lagMs);
      },
      (inbox) => inbox.discard({ id: 'event-1' }),
    );
    expect(alerts.map(({ condition, text }) => [condition, text])).toEqual([
      [
        'lag',
        `The inbox "crm" is behind: an event has been waiting for ${words}. Check that the app runs, that it calls receiver.start(), and that its handlers are neither slow nor failing.`,
      ],
      ['lag', 'The inbox "crm" has caught up.'],
    ]);
  });
});

test('tolerates as many dead letters as the app says', async () => {
  const { inbox, watch, alerts, told } = watched({}, { maxDeadLetters: 1 });
  await inbox.put(entryOf({ id: '1', error: DEAD }));
  await watch.check();
  expect(told()).toEqual([]);
  await inbox.put(entryOf({ id: '2', error: DEAD }));
  await watch.check();
  expect(alerts).toMatchObject([{ data: { deadLetters: 2 } }]);
});

test('calls when events are handled late', async () => {
  stopTime();
  onTestFinished(startTime);
  const { inbox, watch, alerts, told } = watched({}, { maxLagMs: 90_000 });
  await inbox.put(entryOf({}));
  vi.setSystemTime(NOW_MS + 90_000);
  await watch.check();
  expect(told()).toEqual([]);
  vi.setSystemTime(NOW_MS + 100_000);
  await watch.check();
  expect(alerts).toMatchObject([{ condition: 'lag', data: { lagMs: 100_000 } }]);
  expect(alerts[0]?.text).toContain('waiting for 100 s');
  await inbox.discard({ id: 'event-1' });
  for (let checks = 0; checks < 2; checks++) await watch.check();
  expect(told()).toEqual(['lag begun', 'lag ended']);
});

test('calls when no event of a type has arrived for hours, also if it was started only now', async () => {
  let nowMs = NOW_MS;
  const options = { maxSilenceMs: { [TYPE]: 24 * HOUR_MS }, clock: () => nowMs };
  const { inbox, watch, alerts, told } = watched({}, options);
  await watch.check();
  nowMs += 23 * HOUR_MS;
  await inbox.put(entryOf({ id: 'other', type: 'other', receivedAtMs: nowMs }));
  await watch.check();
  expect(told(), 'a new inbox').toEqual([]);
  nowMs += HOUR_MS;
  await watch.check();
  expect(told(), 'events of another type').toEqual(['silence begun']);
  expect(alerts[0]).toMatchObject({ key: `crm/silence/${TYPE}`, data: { type: TYPE } });
  expect(alerts[0]?.text).toBe(
    `The inbox "crm" has received no event of type "${TYPE}" for 24 h. Check that Showpad has an active subscription for it, and ` +
      'what Showpad logs: "showpad-webhooks subscriptions logs".',
  );

  await inbox.put(entryOf({ id: '1', receivedAtMs: nowMs, error: DEAD }));
  for (let checks = 0; checks < 2; checks++) await watch.check();
  expect(told()).toEqual(['dead-letters begun', 'silence ended']);
  expect(alerts[2]?.text).toBe(`The inbox "crm" receives events of type "${TYPE}" again.`);

  nowMs += 25 * HOUR_MS;
  const restarted: InboxAlert[] = [];
  const another = watchInbox(inbox, { ...options, notify: (alert) => void restarted.push(alert) });
  onTestFinished(() => another.close());
  await another.check();
  expect(restarted.map(({ condition }) => condition)).toContain('silence');
});

test('finds an event of a type among many that wait or are dead', async () => {
  for (const error of [undefined, DEAD]) {
    const { inbox, watch, told } = watched({}, { maxDeadLetters: 9_999, maxSilenceMs: { [TYPE]: HOUR_MS } });
    await inbox.put(entryOf({ id: 'the one', receivedAtMs: Date.now() - HOUR_MS / 2, error }));
    for (let index = 0; index < 600; index++) {
      await inbox.put(entryOf({ id: `${index}`, type: 'other', receivedAtMs: index, error }));
    }
    await watch.check();
    expect(told()).toEqual([]);
  }
});

describe('silence', () => {
  const MINUTE_MS = 60_000;
  const OTHER = 'other';

  /** Watches an inbox whose lists never end, and counts how many pages it reads of each state. */
  function withEndlessLists(
    maxSilenceMs: Readonly<Record<string, number>>,
    pageOf: (state: InboxState, page: number) => Partial<InboxItem>,
  ) {
    stopTime();
    onTestFinished(startTime);
    const pages = { pending: 0, leased: 0, done: 0, dead: 0 };
    const list: InboxStore['list'] = ({ state = 'dead', limit = 100, cursor = '0' }) => {
      if (limit === 1) return { items: [], next: undefined }; // It only looks whether anything is dead.
      pages[state]++;
      const { body: _, ...entry } = entryOf({ type: OTHER, receivedAtMs: NOW_MS });
      const rest = { state, attempt: 1, generation: 0, done: [], failures: [], bodyBytes: 2, hasBody: true };
      const item: InboxItem = { ...entry, ...rest, ...pageOf(state, Number(cursor)) };
      const isOver = Number(cursor) === 999;
      return { items: Array(limit).fill(item), next: isOver ? undefined : `${Number(cursor) + 1}` };
    };
    const { watch, told } = watched({ list }, { maxSilenceMs });
    const look = async () => {
      Object.assign(pages, { pending: 0, leased: 0, done: 0, dead: 0 });
      await watch.check();
      return pages;
    };
    return { look, told };
  }

  const isSettledState = (state: InboxState) => state === 'done' || state === 'dead';

  test('is looked for in the latest 5,000 entries that wait, and in what was settled late enough', async () => {
    const { look } = withEndlessLists({ [TYPE]: 60 * MINUTE_MS }, (state, page) =>
      isSettledState(state) ? { settledAtMs: NOW_MS - page * 30 * MINUTE_MS } : {},
    );
    expect(await look()).toEqual({ pending: 50, leased: 50, done: 4, dead: 4 });
  });

  test('is looked for only in what was settled since the last look, with a minute to spare', async () => {
    const { look } = withEndlessLists({ [TYPE]: 2 * HOUR_MS }, (state, page) =>
      isSettledState(state) ? { settledAtMs: Date.now() - page * 30_000 } : {},
    );
    await look();
    vi.setSystemTime(NOW_MS + 10_000);
    expect(await look()).toMatchObject({ done: 4, dead: 4 });
  });

  test('is not looked for any more when an event was found', async () => {
    const { look, told } = withEndlessLists({ [TYPE]: HOUR_MS }, () => ({ type: TYPE }));
    expect(await look()).toEqual({ pending: 1, leased: 1, done: 1, dead: 1 });
    expect(await look()).toEqual({ pending: 0, leased: 0, done: 0, dead: 0 });
    expect(told()).toEqual([]);
  });

  /** Events that died, in the order in which they did. */
  async function withDead(
    options: Partial<WatchInboxOptions>,
    events: readonly { readonly type: string; readonly receivedAgoMs: number; readonly diedAgoMs: number }[],
  ): Promise<string[]> {
    stopTime();
    onTestFinished(startTime);
    const { inbox, watch, alerts } = watched({}, { maxDeadLetters: 9_999, ...options });
    for (const [index, { type, receivedAgoMs, diedAgoMs }] of events.entries()) {
      vi.setSystemTime(NOW_MS - diedAgoMs);
      await inbox.put(entryOf({ id: `${index}`, type, receivedAtMs: NOW_MS - receivedAgoMs, error: DEAD }));
    }
    vi.setSystemTime(NOW_MS);
    await watch.check();
    return alerts.map(({ key }) => key);
  }

  test('ends with the event that arrived last, whichever was settled last', async () => {
    const recent = { type: TYPE, receivedAgoMs: HOUR_MS / 2, diedAgoMs: HOUR_MS / 2 };
    const old = { type: TYPE, receivedAgoMs: 5 * HOUR_MS, diedAgoMs: 0 };
    const justInTime = { type: TYPE, receivedAgoMs: HOUR_MS, diedAgoMs: 0 };
    expect(await withDead({ maxSilenceMs: { [TYPE]: HOUR_MS } }, [recent, old])).toEqual([]);
    expect(await withDead({ maxSilenceMs: { [TYPE]: HOUR_MS } }, [justInTime])).toEqual([]);
    expect(await withDead({ maxSilenceMs: { [TYPE]: HOUR_MS } }, [old])).toEqual([`crm/silence/${TYPE}`]);
  });

  test('of a type that may be silent for long is looked for as long ago, although another type may not', async () => {
    const maxSilenceMs = { often: HOUR_MS, rare: 24 * HOUR_MS };
    const rare = { type: 'rare', receivedAgoMs: 10 * HOUR_MS, diedAgoMs: 10 * HOUR_MS };
    // They arrived so long ago that it is known what arrived since then.
    const others = Array.from({ length: 150 }, () => ({
      type: OTHER,
      receivedAgoMs: 30 * HOUR_MS,
      diedAgoMs: 2 * HOUR_MS,
    }));
    expect(await withDead({ maxSilenceMs }, [rare, ...others])).toEqual(['crm/silence/often']);
  });
});

test('calls when events cannot be stored, and calls the reason no other problem', async () => {
  let health: StoreHealth = { isWritable: false, problems: ['The disk is full.'] };
  const { watch, alerts, told } = watched({ health: () => health });
  await watch.check();
  expect(told()).toEqual(['cannot-store begun']);
  expect(alerts[0]?.text).toContain('The disk is full.');
  health = HEALTHY;
  for (let checks = 0; checks < 2; checks++) await watch.check();
  expect(told()).toEqual(['cannot-store ended']);
});

test('does not think that a problem is over while nothing can be stored', async () => {
  let health: StoreHealth = { isWritable: true, problems: ['fsync is off.'] };
  const { watch, told } = watched({ health: () => health });
  await watch.check();
  health = { isWritable: false, problems: ['The disk is full.'] };
  for (let checks = 0; checks < 3; checks++) await watch.check();
  expect(told()).toEqual(['problem begun', 'cannot-store begun']);
  health = HEALTHY;
  for (let checks = 0; checks < 2; checks++) await watch.check();
  expect(told().toSorted()).toEqual(['cannot-store ended', 'problem ended']);
});

test('does not think that dead letters are still there because nothing can be stored', async () => {
  let health = HEALTHY;
  const { inbox, watch, told } = watched({ health: () => health });
  await inbox.put(entryOf({ error: DEAD }));
  await watch.check();
  health = { isWritable: false, problems: ['The disk is full.'] };
  await inbox.discard({ state: 'dead' });
  for (let checks = 0; checks < 2; checks++) await watch.check();
  expect(told()).toEqual(['dead-letters begun', 'cannot-store begun', 'dead-letters ended']);
});

test('does not count the entries of an inbox in which nothing is dead, because that may take long', async () => {
  const counts = () => {
    throw new Error('It was counted.');
  };
  const { watch, told } = watched({ counts });
  for (let checks = 0; checks < 2; checks++) await watch.check();
  expect(told()).toEqual([]);
});

test('says all that an inbox says of why it cannot be reached', async () => {
  const health = async () => ({
    isReachable: false,
    lagMs: 0,
    problems: ['There is no route.', 'Is it up?'],
  });
  const alerts: InboxAlert[] = [];
  const watch = watchInbox({ ...watched().inbox, health }, { notify: (alert) => void alerts.push(alert) });
  onTestFinished(() => watch.close());
  for (let checks = 0; checks < 2; checks++) await watch.check();
  expect(alerts).toMatchObject([{ data: { problem: 'There is no route. Is it up?' } }]);
});

test('calls if a store hangs', async () => {
  stopTime();
  onTestFinished(startTime);
  const hang = () => new Promise<never>(() => {});
  for (const changes of [{ health: hang }, { list: hang }]) {
    const { watch, alerts } = watched(changes);
    for (let checks = 0; checks < 2; checks++) {
      const checking = watch.check();
      await vi.advanceTimersByTimeAsync(2_500);
      await checking;
    }
    expect(alerts.map(({ text }) => text)).toEqual([
      'The inbox "crm" cannot be reached. There was no result within 2500 ms.',
    ]);
    watch.close();
  }
});

test('calls for each problem of the health, such as a clock that stepped, once although its numbers change', async () => {
  let problems = ['3 events were due later than is possible, so the clock was ahead.', 'fsync is off.'];
  const { watch, alerts, told } = watched({ health: () => ({ isWritable: true, problems }) });
  await watch.check();
  expect(told()).toEqual(['problem begun', 'problem begun']);
  problems = ['12 events were due later than is possible, so the clock was ahead.'];
  for (let checks = 0; checks < 2; checks++) await watch.check();
  expect(told()).toEqual(['problem ended']);
  expect(alerts[2]?.text).toBe('The inbox "crm" does not report this any more: fsync is off.');
  expect(new Set(alerts.map(({ key }) => key)).size).toBe(2);
});

test('calls if two checks in a row get no answer, and does not think meanwhile that all else is over', async () => {
  let isAway = false;
  const memory = createMemoryInboxStore();
  const nextDueMs: InboxStore['nextDueMs'] = (request) => {
    if (isAway) throw new Error('connect ECONNREFUSED');
    return memory.nextDueMs(request);
  };
  const { inbox, watch, alerts, told } = watched({ ...memory, nextDueMs });
  await inbox.put(entryOf({ id: '1', error: DEAD }));
  await watch.check();
  isAway = true;
  await watch.check();
  isAway = false;
  await watch.check();
  expect(told()).toEqual(['dead-letters begun']);
  isAway = true;
  for (let checks = 0; checks < 5; checks++) await watch.check();
  expect(told()).toEqual(['unreachable begun']);
  expect(alerts[1]?.text).toContain('connect ECONNREFUSED');
});

test('does not call if the store is away for two checks that do not follow each other', async () => {
  let isAway = false;
  const health = () => {
    if (isAway) throw new Error('connect ECONNREFUSED');
    return HEALTHY;
  };
  const { watch, told } = watched({ health });
  for (const away of [true, false, true, false]) {
    isAway = away;
    await watch.check();
  }
  expect(told()).toEqual([]);
});

test('looks once if two ask at the same time', async () => {
  let looks = 0;
  const health = () => {
    looks++;
    return HEALTHY;
  };
  const { watch } = watched({ health });
  await Promise.all([watch.check(), watch.check()]);
  expect(looks).toBe(1);
  await watch.check();
  expect(looks).toBe(2);
  watch.close();
  await watch.check();
  expect(looks, 'after it was closed').toBe(2);
});

test('calls nobody if it is closed while it looks, and leaves no timer behind', async () => {
  stopTime();
  onTestFinished(startTime);
  const { inbox, watch, told } = watched();
  expect(vi.getTimerCount()).toBe(1);
  await inbox.put(entryOf({ error: DEAD }));
  await Promise.all([watch.check(), watch.close()]);
  expect(told()).toEqual([]);
  expect(vi.getTimerCount()).toBe(0);
});

test('calls again until the alert could be sent, and says that it could not', async () => {
  const sent: string[] = [];
  const failures: unknown[] = [];
  let isDown = true;
  const { inbox, watch } = watched(
    {},
    {
      notify: async ({ condition }) => {
        if (isDown) throw new Error('Slack is down.');
        sent.push(condition);
      },
      onError(error) {
        failures.push(error);
        throw new Error('This listener is broken, too.');
      },
    },
  );
  await inbox.put(entryOf({ error: DEAD }));
  for (let checks = 0; checks < 2; checks++) await watch.check();
  expect([sent, failures]).toEqual([[], [new Error('Slack is down.'), new Error('Slack is down.')]]);
  isDown = false;
  for (let checks = 0; checks < 2; checks++) await watch.check();
  expect(sent).toEqual(['dead-letters']);
});

test('warns again if an alert could be sent and the next one cannot', async () => {
  const warn = vi.spyOn(process, 'emitWarning').mockImplementation(() => {});
  onTestFinished(() => warn.mockRestore());
  const notify = vi.fn<WatchInboxOptions['notify']>();
  notify.mockRejectedValueOnce(new Error('Slack is down.'));
  const { inbox, watch } = watched({}, { notify });
  await inbox.put(entryOf({ error: DEAD }));
  for (let checks = 0; checks < 2; checks++) await watch.check();
  notify.mockRejectedValueOnce(new Error('Slack is down.'));
  await inbox.discard({ state: 'dead' });
  for (let checks = 0; checks < 3; checks++) await watch.check();
  expect(warn.mock.calls.map(([message]) => /\((begun|ended)\)/.exec(String(message))?.[1])).toEqual([
    'begun',
    'ended',
  ]);
  expect(warn.mock.calls[0]?.[1]).toMatchObject({ code: 'ALERT_FAILED' });
});

test('warns again if a condition has ended and begins once more', async () => {
  const warn = vi.spyOn(process, 'emitWarning').mockImplementation(() => {});
  onTestFinished(() => warn.mockRestore());
  const notify = () => Promise.reject(new Error('Slack is down.'));
  const { inbox, watch } = watched({}, { notify });
  for (const id of ['1', '2']) {
    await inbox.put(entryOf({ id, error: DEAD }));
    for (let checks = 0; checks < 2; checks++) await watch.check();
    await inbox.discard({ state: 'dead' });
    await watch.check();
  }
  expect(warn).toHaveBeenCalledTimes(2);
});

test('warns once, and without the cause, if nobody hears that an alert could not be sent', async () => {
  const warn = vi.spyOn(process, 'emitWarning').mockImplementation(() => {});
  onTestFinished(() => warn.mockRestore());
  const notify = () => {
    throw new Error('Failed to parse URL from https://hooks.slack.com/secret');
  };
  const { inbox, watch } = watched({}, { notify });
  await inbox.put(entryOf({ error: DEAD }));
  for (let checks = 0; checks < 3; checks++) await watch.check();
  expect(warn.mock.calls.map(([message]) => message)).toEqual([
    'The function "notify" failed for the alert "dead-letters" (begun) of the inbox "crm". It is called again at each check. ' +
      'Pass "onError" to see why it failed.',
  ]);
});

test('looks by itself, goes on although a call hangs, and stops when it is closed', async () => {
  stopTime();
  onTestFinished(startTime);
  let calls = 0;
  const notify = () => {
    calls++;
    return new Promise<void>(() => {});
  };
  const { inbox, watch } = watched({}, { notify, onError() {} });
  await inbox.put(entryOf({ error: DEAD }));
  await vi.advanceTimersByTimeAsync(20_000);
  expect(calls).toBe(1);
  await vi.advanceTimersByTimeAsync(20_000);
  expect(calls, 'it still waits').toBe(1);
  await vi.advanceTimersByTimeAsync(20_000);
  expect(calls, 'it does not wait any more').toBe(2);
  watch.close();
  await vi.advanceTimersByTimeAsync(120_000);
  await watch.check();
  expect(calls).toBe(2);
});

test('rejects options that make no sense', () => {
  const { inbox } = watched();
  const notify = () => {};
  expect(() => watchInbox(inbox, {} as never)).toThrow('"notify" must be a function');
  expect(() => watchInbox(inbox, { notify, intervalMs: 0 })).toThrow(TypeError);
  expect(() => watchInbox(inbox, { notify, maxSilenceMs: { [TYPE]: Number.NaN } })).toThrow(`"${TYPE}"`);
});
