import { join } from 'node:path';
import { buffer } from 'node:stream/consumers';
import { createRouteHandler } from '@showpad-webhooks/core/node';
import { createEmulator, type EmulatorAssumptions } from '@showpad-webhooks/emulator';
import { createSqliteInbox } from '@showpad-webhooks/sqlite';
import { describe, expect, onTestFinished, test } from 'vitest';
import { readLog } from '../src/audit/read-log.ts';
import { type Finished, openFolder, runCommand, valuesOf } from './command.ts';
import { openEndpoint, openServer } from './open-endpoint.ts';

const TYPE = 'shared-space-user-added';
const KEY = 'audit-key';

interface Audited {
  readonly verdict?: string;
  readonly eventId?: string;
  readonly isStored?: boolean | null;
  readonly attempts?: readonly { readonly status: number | null; readonly isFromReceiver: boolean | null }[];
}

/** Ids of events, and what a proxy in front of the app makes of each attempt at them. */
type Proxied = 'passed' | 'refused' | 'intercepted' | 'answered too late' | 'passed on the retry' | 'cut off';
const EVENTS: readonly Proxied[] = [
  'passed',
  'refused',
  'intercepted',
  'answered too late',
  'passed on the retry',
  'cut off',
];

/** Showpad, an app with an inbox, and a proxy between them that breaks some deliveries. */
async function openAccount(assumptions: Partial<EmulatorAssumptions> = {}): Promise<{
  readonly emulator: Awaited<ReturnType<typeof createEmulator>>;
  readonly store: string;
  readonly audit: (...flags: readonly string[]) => Promise<Finished>;
  /** Sends an event with each id, until Showpad has made its first attempt at it. */
  readonly send: (...ids: readonly string[]) => Promise<void>;
}> {
  const file = join(openFolder(), 'showpad.db');
  const receive = createRouteHandler({ keys: KEY, inbox: createSqliteInbox({ file }) });
  await receive.receiver.start();
  onTestFinished(() => receive.receiver.close({ timeoutMs: 0 }));
  const seen = new Set<string>();
  const url = await openServer(async (req, res) => {
    const rawBody = await buffer(req);
    const { id } = JSON.parse(rawBody.toString());
    if (id === 'cut off') return void res.destroy();
    if (id === 'refused') return void res.writeHead(413, { server: 'nginx' }).end();
    if (id === 'intercepted') return void res.writeHead(200, { server: 'cdn' }).end('<h1>Log in</h1>');
    if (id === 'passed on the retry' && !seen.has(id)) {
      seen.add(id);
      return void res.writeHead(502, { server: 'nginx' }).end();
    }
    if (id !== 'answered too late') return receive(Object.assign(req, { rawBody }), res);
    await receive.receiver.receive({
      method: 'POST',
      headers: req.headers as Record<string, string>,
      body: rawBody,
    });
    res.writeHead(504, { server: 'nginx' }).end();
  });
  const emulator = await createEmulator({ clock: 'manual', assumptions });
  onTestFinished(() => emulator.close());
  await emulator.subscriptions.create({ name: 'CRM', types: [TYPE], url, signatureKey: KEY });
  const env = {
    SHOWPAD_BASE_URL: `${emulator.url}/webhooks/v1`,
    SHOWPAD_TOKEN: emulator.accessToken,
    XDG_CONFIG_HOME: openFolder(),
  };
  return {
    emulator,
    store: `sqlite:${file}`,
    audit: (...flags) => runCommand(['subscriptions', 'audit', ...flags], { env }),
    async send(...ids) {
      for (const id of ids) await emulator.trigger(TYPE, { id });
      for (const eventId of ids) await emulator.waitForDelivery({ eventId }, { timeoutMs: 30_000 });
    },
  };
}

const verdictsOf = (finished: Finished) =>
  Object.fromEntries(
    valuesOf<Audited>(finished).flatMap(({ eventId, verdict }) => (eventId ? [[eventId, verdict]] : [])),
  );

describe('the log is read', () => {
  const HOUR_MS = 3_600_000;
  const NOW_MS = Date.parse('2026-11-28T12:00:00Z');
  const entry = (hoursAgo: number) => ({
    eventId: `${hoursAgo} h ago`,
    requestedAt: new Date(NOW_MS - hoursAgo * HOUR_MS).toISOString(),
    statusCode: 202,
  });

  test.each([
    ['as far as it needs to, if the latest entries come first', [0, 1, 2, 3, 4, 5], 4],
    ['to its end, if the oldest come first', [5, 4, 3, 2, 1, 0], 6],
    ['to its end, if there is no order', [1, 0, 2, 5, 4, 3], 6],
  ])('%s', async (_title, hours, expected) => {
    let read = 0;
    async function* entries() {
      for (const each of hours) {
        read++;
        yield entry(each);
      }
    }
    const { events } = await readLog(entries(), NOW_MS - 2.5 * HOUR_MS);
    expect(events.map(({ eventId }) => eventId).toSorted()).toEqual(['0 h ago', '1 h ago', '2 h ago']);
    expect(read).toBe(expected);
  });
});

describe('subscriptions audit', () => {
  test('finds what was lost, intercepted, stored all the same, and saved by a retry', async () => {
    const { emulator, audit, send, store } = await openAccount({ logHeaders: 'response' });
    await send(...EVENTS);
    expect(verdictsOf(await audit('--json'))).toMatchObject({ 'cut off': 'retrying', refused: 'lost' });

    await emulator.advanceTime(20_000);
    const withStore = await audit('--store', store, '--json');
    expect(withStore.exitCode).toBe(1);
    expect(verdictsOf(withStore)).toEqual({
      refused: 'lost',
      'cut off': 'lost',
      intercepted: 'unseen',
      'answered too late': 'stored',
      'passed on the retry': 'recovered',
    });
    const values = valuesOf<Audited>(withStore);
    expect(values.find(({ eventId }) => eventId === 'cut off')).toMatchObject({
      isStored: false,
      attempts: [1, 2, 3, 4].map((attempt) => ({ attempt, status: null, errorCode: 'ECONNRESET' })),
    });
    expect(values.find(({ eventId }) => eventId === 'passed on the retry')).toMatchObject({
      isStored: true,
      waitedMs: 3_000,
      attempts: [
        { attempt: 1, status: 502, isFromReceiver: false },
        { attempt: 2, status: 202, outcome: 'queued', isFromReceiver: true },
      ],
    });
    expect(values.at(-1)).toMatchObject({
      name: 'CRM',
      events: 6,
      delivered: 1,
      lost: 2,
      unseen: 1,
      stored: 1,
    });

    const withoutStore = await audit();
    expect(withoutStore.stdout).toMatch(/^lost {7}\S+Z {2}refused {2}shared-space-user-added {2}413$/m);
    expect(withoutStore.stdout).toMatch(/^lost {7}\S+Z {2}answered too late .* {2}504, 504, 504, 504$/m);
    expect(withoutStore.stdout).toMatch(
      /^recovered {2}\S+Z {2}passed on the retry .* {2}502, 202 queued {2}waited 3 s$/m,
    );
    expect(withoutStore.stdout).toMatch(
      / {2}CRM {2}delivered 1 {2}recovered 1 {2}stored 0 .* lost 3 {2}unseen 1 {2}longest wait 3 s of 14.25 s$/m,
    );
    expect(withoutStore.stderr).toContain(
      '413: This answer did not come from showpad-webhooks, but from something in front of it (server: nginx).',
    );
    expect(withoutStore.stderr).toContain('Without --store it is not known what your app stored');
    expect(withoutStore.stderr).toContain('These names are inferred: id, eventId');
  });

  test('says that it does not know who answered if the log does not show headers', async () => {
    const { audit, send } = await openAccount();
    await send('refused', 'intercepted', 'passed');
    const finished = await audit('--json');
    expect(verdictsOf(finished)).toEqual({ refused: 'lost' });
    expect(valuesOf<Audited>(finished)[0]?.attempts).toMatchObject([{ status: 413, isFromReceiver: null }]);
    expect(finished.stderr).toContain('does not say whether your app answered or something in front of it');
    expect(finished.stderr).not.toContain('This answer did not come from');
  });

  test('says that a subscription may send to another app if the inbox has none of its events', async () => {
    const { emulator, audit, send, store } = await openAccount();
    const { url } = await openEndpoint(200);
    const { id } = await emulator.subscriptions.create({ name: 'BI', types: ['COURSE_COMPLETED'], url });
    await send('passed');
    await emulator.trigger('COURSE_COMPLETED', { id: 'elsewhere' });
    await emulator.waitForDelivery({ eventId: 'elsewhere' });
    const all = await audit('--store', store);
    expect(all).toMatchObject({ exitCode: 1, stdout: expect.stringMatching(/^unseen .* elsewhere /m) });
    expect(all.stderr).toContain(
      'The inbox has no event of "BI". If this subscription sends to another app, pass',
    );
    const others = (await emulator.subscriptions.list()).filter((each) => each.id !== id);
    expect(await audit(...others.map((each) => each.id), '--store', store)).toMatchObject({ exitCode: 0 });
  });

  test('reads every page, waits if Showpad limits the requests, and exits with 0 if nothing is lost', async () => {
    const { emulator, audit, send, store } = await openAccount();
    await send(...Array.from({ length: 25 }, (_, index) => `event-${index}`));
    const action = { kind: 'rate-limit', retryAfterSeconds: 0 } as const;
    await emulator.faults.add({
      api: 'subscriptions',
      match: { path: '/webhooks/v1/subscriptions/*' },
      action,
      count: 1,
    });
    const { exitCode, stdout, stderr } = await audit('--store', store, '--since', '1h');
    expect(exitCode).toBe(0);
    expect(stdout).toMatch(/^\S+ {2}CRM {2}delivered 25 {2}recovered 0 /);
    expect(stderr).toContain('Showpad limits the requests: trying again in 0 s.');
  });

  test('reads the other logs if one cannot be read', async () => {
    const { emulator, audit, send } = await openAccount();
    const gone = await emulator.subscriptions.create({
      name: 'gone',
      types: ['other'],
      url: 'http://127.0.0.1:1',
    });
    await send('refused');
    const path = `/webhooks/v1/subscriptions/${gone.id}/logs`;
    await emulator.faults.add({ api: 'subscriptions', match: { path }, action: { kind: 'not-found' } });
    await emulator.subscriptions.create({ name: 'quiet', types: ['other'], url: 'http://127.0.0.1:1' });
    const finished = await audit('--json');
    expect(finished.exitCode).toBe(1);
    expect(verdictsOf(finished)).toEqual({ refused: 'lost' });
    expect(finished.stderr).toContain('The log of "quiet" shows no attempt in this time.');
    expect(valuesOf(finished)).toContainEqual(
      expect.objectContaining({ name: 'gone', error: expect.stringContaining('404') }),
    );
    const only = await audit(gone.id);
    expect(only.stdout).toBe(`not read  ${gone.id}  gone\n`);
  });

  test('does not call an event lost that it cannot read, and reads other fields if it is told to', async () => {
    const entries = [
      { event: { id: 'one' }, at: new Date().toISOString(), response: { code: 401 } },
      { event: { id: 'two' }, at: new Date().toISOString(), response: null, error: 'timeout' },
    ];
    const url = await openServer((req, res) => {
      const items = req.url?.endsWith('/logs')
        ? entries
        : [{ id: '1', types: ['a'], url: 'https://a.example/' }];
      res.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(items));
    });
    const args = ['subscriptions', 'audit', '--base-url', url, '--token', 'a-token'];
    const unread = await runCommand(args);
    expect(unread).toMatchObject({ exitCode: 1, stdout: expect.stringContaining(' lost 0 ') });
    expect(unread.stderr).toContain(
      '2 entries of the log could not be read.\nThey have the fields event, at, response',
    );
    const fields = ['eventId=event.id', 'requestedAt=at', 'statusCode=response.code'];
    const read = await runCommand([...args, ...fields.flatMap((each) => ['--log-field', each])]);
    expect(read.stdout).toMatch(/^lost .* {2}one {2}401$/m);
    expect(read.stdout).toMatch(/^retrying .* {2}two {2}no answer \(timeout\)$/m);
  });

  test('says that there is no subscription', async () => {
    const { emulator, audit } = await openAccount();
    await emulator.reset();
    const { exitCode, stderr } = await audit('--token', emulator.accessToken);
    expect({ exitCode, stderr }).toMatchObject({
      exitCode: 1,
      stderr: expect.stringContaining('no subscription.'),
    });
  });

  test.each([
    ['a field that there is not', ['--log-field', 'status=code'], 2, '--log-field must be a field'],
    ['no time', ['--since', 'yesterday'], 2, '--since is not a time'],
    ['a subscription that there is not', ['nobody'], 1, 'The account has no subscription "nobody"'],
    ['a store that there is not', ['--store', 'sqlite:/nowhere/showpad.db'], 1, '/nowhere/showpad.db'],
  ] as const)('says what is wrong: %s', async (_title, flags, exitCode, said) => {
    const { audit } = await openAccount();
    const finished = await audit(...flags);
    expect(finished).toMatchObject({ exitCode, stdout: '', stderr: expect.stringContaining(said) });
  });
});
