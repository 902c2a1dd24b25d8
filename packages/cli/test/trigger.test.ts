import { exec } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { verifySignature } from '@showpad-webhooks/core';
import { createEmulator } from '@showpad-webhooks/emulator';
import { describe, expect, onTestFinished, test } from 'vitest';
import { openFolder, runCommand, startCommand, valuesOf } from './command.ts';
import {
  closedUrl,
  KEY,
  openAnswer,
  openEndpoint,
  openReceiver,
  openServer,
  type Received,
} from './open-endpoint.ts';

const TYPE = 'shared-space-user-added';
const trigger = (url: string, ...rest: readonly string[]) => [
  ...['trigger', TYPE, '--to', url, '--key', KEY],
  ...rest,
];

interface Sent {
  readonly eventId: string;
  readonly attempt: number;
  readonly state: string;
  readonly status: number | null;
  readonly outcome: string | null;
  readonly faults: readonly string[];
}

const verified = ({ body, headers }: Received) => verifySignature({ body, headers, keys: KEY });

describe('trigger', () => {
  test('sends the sample, signed, to a receiver that handles it', async () => {
    const { url, handled } = await openReceiver();
    const { exitCode, stdout } = await runCommand(trigger(url));
    expect(exitCode).toBe(0);
    expect(stdout).toMatch(/^[0-9a-f-]{36} {2}attempt 1: {2}200 handled {2}in \d+ ms\n$/);
    expect(handled).toEqual([expect.objectContaining({ sharedSpace: expect.anything() })]);
  });

  test('changes the sample as --set says: text, JSON, and values that were not there', async () => {
    const { url, handled } = await openReceiver();
    const sets = ['data.invitee.email=x@example.com', 'data.new.place=[1,{"a":null}]', 'data.text="1"'];
    await runCommand(trigger(url, ...sets.flatMap((each) => ['--set', each])));
    expect(handled).toEqual([
      expect.objectContaining({
        invitee: expect.objectContaining({ email: 'x@example.com', userId: expect.any(String) }),
        new: { place: [1, { a: null }] },
        text: '1',
      }),
    ]);
  });

  test('sets places in lists, and makes the lists that are not there', async () => {
    const { url, handled } = await openReceiver();
    const file = join(openFolder(), 'sample.json');
    writeFileSync(file, JSON.stringify({ list: [{ name: 'a' }, { name: 'b' }], ids: [1] }));
    const sets = [
      'data.list[1].name=c',
      'data.ids[2]=3',
      'data.new[0].deep[1]=x',
      'data.ids.0=7',
      'data.grid[0][1]=1',
    ];
    const flags = ['--data', `@${file}`, ...sets.flatMap((each) => ['--set', each])];
    expect(await runCommand(trigger(url, ...flags))).toMatchObject({ exitCode: 0, stderr: '' });
    expect(handled).toEqual([
      {
        list: [{ name: 'a' }, { name: 'c' }],
        ids: [7, null, 3],
        new: [{ deep: [null, 'x'] }],
        grid: [[null, 1]],
      },
    ]);
  });

  test('sends a sample of your own with a new id each time, whole or only its data', async () => {
    const { url, received } = await openEndpoint();
    const sample = {
      type: 'asset-viewed',
      specversion: 1,
      id: 'old',
      time: '2020-01-01T00:00:00.000Z',
      data: { a: 1 },
    };
    const folder = openFolder();
    writeFileSync(join(folder, 'event.json'), JSON.stringify(sample));
    writeFileSync(join(folder, 'data.json'), JSON.stringify(sample.data));
    for (const name of ['event.json', 'event.json', 'data.json']) {
      const own = ['trigger', 'asset-viewed', '--to', url, '--key', KEY, '--data', `@${join(folder, name)}`];
      expect(await runCommand(own)).toMatchObject({ exitCode: 0, stderr: '' });
    }
    const events = received.map(({ body }) => JSON.parse(body.toString()));
    expect(events.map(({ type, data }) => [type, data])).toEqual(Array(3).fill(['asset-viewed', { a: 1 }]));
    expect(new Set([...events.map(({ id }) => id), 'old']).size).toBe(4);
    expect(events.every(({ time }) => Math.abs(Date.parse(time) - Date.now()) < 60_000)).toBe(true);
    expect(received.map(verified)).toHaveLength(3);
  });

  test('refuses the name of a file without "@", and sends nothing', async () => {
    const { url, received } = await openEndpoint();
    const file = join(openFolder(), 'body.json');
    writeFileSync(file, '{}');
    for (const flag of ['--key', '--file', '--data']) {
      const args = ['trigger', TYPE, '--to', url, ...(flag === '--key' ? [] : ['--key', KEY]), flag, file];
      const { exitCode, stderr } = await runCommand(args);
      expect(exitCode).toBe(2);
      expect(stderr).toContain(`${flag} is the name of a file. Did you mean @${file}?`);
    }
    expect(received).toEqual([]);
  });

  test('sends the exact bytes of a file', async () => {
    const { url, received } = await openEndpoint();
    const file = join(openFolder(), 'body');
    const body = Buffer.from('{ "type": "x",\r\n "id": "1" }\n');
    writeFileSync(file, body);
    expect(await runCommand(trigger(url, '--file', `@${file}`))).toMatchObject({ exitCode: 0 });
    expect(received.map((each) => each.body)).toEqual([body]);
    expect(received.map(verified)).toHaveLength(1);
  });

  test('sends many events, each its own, and no more at once than it is told', async () => {
    const { url, received } = await openEndpoint();
    const finished = await runCommand(trigger(url, '--count', '30', '--concurrency', '3', '--json'));
    const sent = valuesOf<Sent>(finished);
    expect(new Set(sent.map(({ eventId }) => eventId)).size).toBe(30);
    expect(sent.every(({ state, status }) => state === 'succeeded' && status === 200)).toBe(true);
    expect(received).toHaveLength(30);
    expect(finished.stderr).toBe('30 of 30 were delivered.\n');
  });

  test('tries once and exits with 4 after a 503, showing the answer', async () => {
    const { url, received } = await openEndpoint(503);
    const { exitCode, stdout } = await runCommand(trigger(url));
    expect(exitCode).toBe(4);
    expect(stdout).toMatch(/attempt 1: {2}503 {2}in \d+ ms {2}answer 503\n$/);
    expect(received).toHaveLength(1);
  });

  test('tries again as Showpad does, and tells of each attempt', async () => {
    const { url, received } = await openEndpoint(503, 200);
    const finished = await runCommand(trigger(url, '--retries', '--json'));
    expect(finished.exitCode).toBe(0);
    expect(valuesOf(finished)).toMatchObject([
      { attempt: 1, state: 'will-retry', status: 503 },
      { attempt: 2, state: 'succeeded', status: 200 },
    ]);
    const [first, second] = received.map((each) => verified(each).timestampSeconds) as [number, number];
    expect(second - first).toBeGreaterThanOrEqual(2);
  });

  test('exits with 4 if nothing listens, and asks whether the app is running', async () => {
    const { exitCode, stdout, stderr } = await runCommand(trigger(await closedUrl()));
    expect(exitCode).toBe(4);
    expect(stdout).toContain('attempt 1:  ECONNREFUSED  ');
    expect(stderr).toBe(
      'ECONNREFUSED: Nothing listens at this address. Is the app running, and is the port right?\n',
    );
  });

  test.each([
    [401, 'it uses another key'],
    [404, 'Nothing receives deliveries at this path'],
    [413, 'Mount the webhook before any body parser'],
    [500, 'The app failed.'],
    [302, 'Redirects are not followed'],
  ])('says once what a %d without a code most likely means', async (status, said) => {
    const { url } = await openEndpoint(status);
    const { stderr } = await runCommand(trigger(url, '--count', '2'));
    expect(stderr.split(said)).toHaveLength(2);
    expect(stderr).toContain(`${status}: `);
  });

  test.each([
    [401, 'rejected', 'TIMESTAMP_TOO_OLD', 'signed too long ago. Compare the clocks'],
    [401, 'rejected', 'SIGNATURE_MISSING', 'removes "x-" headers'],
    [401, 'rejected', 'SIGNATURE_MISMATCH', 'verifies with another key'],
    [413, 'rejected', 'BODY_TOO_LARGE', 'larger than "maxBodyBytes"'],
    [422, 'failed', 'PERMANENT_FAILURE', 'threw a PermanentError'],
    [500, 'failed', 'HANDLER_FAILED', 'A handler threw an error'],
    [503, 'unavailable', 'RAW_BODY_UNAVAILABLE', 'A body parser ran before the webhook'],
    [503, 'unavailable', 'HANDLER_TIMEOUT', 'The handlers took longer'],
    [503, 'unavailable', 'A_NEW_CODE', 'The app failed.'],
  ])('gives the advice of the code in the answer: %d %s %s', async (status, outcome, code, said) => {
    const { stdout, stderr } = await runCommand(trigger(await openAnswer(status, outcome, code)));
    expect(stdout).toMatch(new RegExp(`attempt 1: {2}${status} ${outcome} ${code} {2}in \\d+ ms\\n$`));
    expect(stderr).toMatch(new RegExp(`^${status} ${outcome} ${code}: (?=[A-Z]).*${said}.*\\.\\n$`));
  });

  test.each([
    [403, { server: 'nginx' }, 'something in front of it answered (server: nginx). Something in front of'],
    [
      413,
      { 'x-powered-by': 'Express' },
      'in front of it answered (x-powered-by: Express). Something refuses',
    ],
    [301, {}, 'something in front of it answered. Redirects are not followed.'],
    [502, { via: '1.1 varnish' }, 'in front of it answered (via: 1.1 varnish). A proxy usually answers this'],
  ])(
    'tells a %i of something in front of the app from the answers of a receiver',
    async (status, headers, said) => {
      const url = await openServer((req, res) => {
        req.resume().once('end', () => res.writeHead(status, headers).end('{}'));
      });
      const { stderr } = await runCommand(trigger(url));
      expect(stderr).toMatch(new RegExp(`^${status}: This answer did not come from showpad-webhooks`));
      expect(stderr).toContain(said);
    },
  );

  test('says of a 404 only that no receiver answered, because it may come from the app', async () => {
    const url = await openServer((req, res) => {
      req.resume().once('end', () => res.writeHead(404, { server: 'nginx' }).end());
    });
    const { stderr } = await runCommand(trigger(url));
    expect(stderr).toMatch(
      /^404: No receiver answered \(server: nginx\)\. Nothing receives deliveries at this path/,
    );
  });

  test('reads the code in the header of an answer whose body something on the way replaced', async () => {
    const headers = { 'showpad-webhooks': 'unavailable CLOSED', server: 'nginx' };
    const url = await openServer((req, res) => {
      req.resume().once('end', () => res.writeHead(503, headers).end('<h1>503</h1>'));
    });
    const { stdout, stderr } = await runCommand(trigger(url));
    expect(stdout).toContain('503 unavailable CLOSED');
    expect(stderr).toBe('503 unavailable CLOSED: The receiver of the app is closed.\n');
  });

  test('says what became of the event, and that an event without a handler was ignored', async () => {
    const ignored = await runCommand(trigger(await openAnswer(200, 'ignored')));
    expect(ignored).toMatchObject({ exitCode: 0, stdout: expect.stringContaining('200 ignored') });
    expect(ignored.stderr).toBe(`200 ignored: The app has no handler for the type "${TYPE}".\n`);
    const queued = await runCommand(trigger(await openAnswer(202, 'queued')));
    expect(queued).toMatchObject({ exitCode: 0, stdout: expect.stringContaining('202 queued'), stderr: '' });
    expect(valuesOf(await runCommand(trigger(await openAnswer(202, 'queued'), '--json')))).toMatchObject([
      { outcome: 'queued', code: null },
    ]);
  });

  test('gives no advice about an endpoint that refuses what a fault broke', async () => {
    const { url } = await openReceiver();
    const { stdout, stderr } = await runCommand(trigger(url, '--fault', 'stale-clock'));
    expect(stdout).toContain('401 rejected TIMESTAMP_TOO_OLD  in ');
    expect(stdout).toContain('(fault: stale-clock)');
    expect(stderr).toBe(
      '401 rejected TIMESTAMP_TOO_OLD: The delivery had the fault "stale-clock", so this answer may be what you want.\n',
    );
  });

  test('breaks deliveries as the faults say, and follows the copies that they make', async () => {
    const { url, handled } = await openReceiver();
    const finished = await runCommand(trigger(url, '--fault', 'duplicate', '--json'));
    expect(finished.exitCode).toBe(0);
    expect(
      valuesOf<Sent>(finished)
        .map(({ outcome }) => outcome)
        .toSorted(),
    ).toEqual(['duplicate', 'handled']);
    expect(handled).toHaveLength(1);

    const rule = JSON.stringify([{ match: { attempt: 1 }, action: { kind: 'wrong-key' } }]);
    const forged = await runCommand(trigger(url, '--fault', rule, '--json'));
    expect(forged.exitCode).toBe(4);
    const code = 'SIGNATURE_MISMATCH';
    expect(valuesOf(forged)).toMatchObject([{ status: 401, code, faults: ['wrong-key'], state: 'failed' }]);
  });

  test('prints a curl command that sends just this, and sends nothing itself', async () => {
    const { url, received } = await openEndpoint();
    const { stdout } = await runCommand(trigger(url, '--set', "data.name=it's é", '--print-curl'));
    expect(received).toEqual([]);
    expect(stdout).not.toContain(KEY);
    await promisify(exec)(stdout);
    expect(received.map(verified)).toHaveLength(1);
    expect(JSON.parse(String(received[0]?.body)).data.name).toBe("it's é");
  });

  test('prints a curl command without control characters, which sends those of the body all the same', async () => {
    const { url, received } = await openEndpoint();
    const body = '{"a":"\u009b2J%s \\u0041 it\'s\u202e",\r\n"b":"\u007f"}';
    const { stdout } = await runCommand(trigger(url, '--file', '-', '--print-curl'), { input: body });
    // biome-ignore lint/suspicious/noControlCharactersInRegex: they must not be there.
    expect(stdout.trimEnd()).not.toMatch(/[\u0000-\u001f\u007f-\u009f\u202e]/);
    await promisify(exec)(stdout);
    expect(received.map(verified)).toHaveLength(1);
    expect(String(received[0]?.body)).toBe(body);
  });

  test('sends what was made of the sample in an editor, to the byte', async () => {
    const { url, received } = await openEndpoint();
    const EDITOR = `${process.execPath} -e 'require("fs").appendFileSync(process.argv[1], "edited")'`;
    const finished = await runCommand(trigger(url, '--set', 'data.a=1', '--edit'), { env: { EDITOR } });
    expect(finished).toMatchObject({ exitCode: 0 });
    const body = String(received[0]?.body);
    expect(body).toMatch(/^\{\n {2}"type": "shared-space-user-added",.*"a": 1.*\}\nedited$/s);
    expect(received.map(verified)).toHaveLength(1);
  });

  test('sends nothing if the editor fails', async () => {
    const { url, received } = await openEndpoint();
    const { exitCode, stderr } = await runCommand(trigger(url, '--edit'), { env: { EDITOR: 'false' } });
    expect(exitCode).toBe(1);
    expect(stderr).toContain('The editor failed, so nothing was sent');
    expect(received).toEqual([]);
  });

  test('goes where and how a subscription says', async () => {
    const { url, received } = await openEndpoint();
    const emulator = await createEmulator();
    onTestFinished(() => emulator.close());
    const headers = [{ name: 'x-tenant', value: 'acme' }];
    const { subscriptions, url: baseUrl, accessToken } = emulator;
    const post = await subscriptions.create({ name: 'CRM', types: ['a'], url, headers });
    const get = await subscriptions.create({ name: 'ERP', types: ['a'], url, method: 'GET', headers });
    const send = (id: string, ...rest: readonly string[]) =>
      runCommand([
        ...['trigger', TYPE, '--subscription', id, '--key', KEY, '--token', accessToken],
        ...['--base-url', `${baseUrl}/webhooks/v1`, ...rest],
      ]);
    expect((await send(post.id)).exitCode).toBe(0);
    expect((await send(get.id)).exitCode).toBe(0);
    await promisify(exec)((await send(get.id, '--print-curl')).stdout);
    expect(received.map(({ method }) => method)).toEqual(['POST', 'GET', 'GET']);
    expect(received.map((each) => each.headers['x-tenant'])).toEqual(['acme', 'acme', 'acme']);
    expect(received.map(verified)).toHaveLength(3);
    expect((await send('none')).stderr).toContain('404');
  });

  test('keeps an answer from writing to the terminal', async () => {
    const url = await openServer((_req, res) => res.writeHead(500).end('\u001b[2Jgone\r\u202e'));
    expect((await runCommand(trigger(url))).stdout).toContain('\\u001b[2Jgone \\u202e\n');
  });

  test('stops when it is asked to, and exits with 4', async () => {
    const { url } = await openEndpoint(503);
    const running = startCommand(trigger(url, '--retries'));
    await running.nextLine();
    running.stop();
    expect(await running.exitCode).toBe(4);
    expect(await running.stderr).toContain('Stopped before everything was delivered');
  });
});

test.each([
  ['a type is missing', ['trigger', '--to', 'http://127.0.0.1/', '--key', KEY], 'type'],
  ['a blank key', ['trigger', TYPE, '--to', 'http://127.0.0.1/', '--key', ''], '--key is blank'],
  ['a key is missing', ['trigger', TYPE, '--to', 'http://127.0.0.1/'], 'SHOWPAD_SIGNATURE_KEY'],
  ['no URL', trigger('somewhere'), 'must be a URL'],
  ['another protocol', trigger('ftp://127.0.0.1/'), 'http:// or https://'],
  ['two places', trigger('http://127.0.0.1/', '--subscription', 'x'), 'either --to or --subscription'],
  ['no place', ['trigger', TYPE, '--key', KEY], 'either --to or --subscription'],
  ['no editor', trigger('http://127.0.0.1/', '--edit'), 'Set EDITOR'],
  ['several keys', trigger('http://127.0.0.1/', '--key', 'x'), 'Pass --key once'],
  ['a file and changes', trigger('http://127.0.0.1/', '--file', '{}', '--set', 'a=1'), '--set'],
  ['no path', trigger('http://127.0.0.1/', '--set', 'data'), '--set must be a path'],
  [
    'a path into text',
    trigger('http://127.0.0.1/', '--set', 'data.invitee.email.x=1'),
    'neither an object nor a list',
  ],
  ['an index of an object', trigger('http://127.0.0.1/', '--set', 'data[0]=1'), 'has the index 0'],
  ['a name in a list', trigger('http://127.0.0.1/', '--set', 'data=[1]', '--set', 'data.x=1'), 'has a list'],
  ['a huge index', trigger('http://127.0.0.1/', '--set', 'data.x[123456789]=1'), 'is more than 9999'],
  ['a path with half a bracket', trigger('http://127.0.0.1/', '--set', 'data.x[1=1'), 'is not a path'],
  ['data that is not JSON', trigger('http://127.0.0.1/', '--data', 'nope'), '--data is not JSON'],
  [
    'a sample of another type',
    trigger('http://127.0.0.1/', '--data', '{"type":"b","data":{}}'),
    'of the type "b"',
  ],
  ['a sample and a body', trigger('http://127.0.0.1/', '--data', '{}', '--file', '{}'), 'Pass only one'],
  ['a prototype', trigger('http://127.0.0.1/', '--set', '__proto__.x=1'), 'is not a path'],
  [
    'an unknown fault',
    trigger('http://127.0.0.1/', '--fault', 'nope'),
    'The kind of a --fault must be one of',
  ],
  [
    'a rule that is not valid',
    trigger('http://127.0.0.1/', '--fault', '{"probability":2}'),
    'A rule of --fault',
  ],
  ['a fault that is no JSON', trigger('http://127.0.0.1/', '--fault', '{'), '--fault is not JSON'],
  ['no events', trigger('http://127.0.0.1/', '--count', '0'), 'whole number from 1'],
  ['NUL in a command', trigger('http://127.0.0.1/', '--file', '-', '--print-curl'), '--print-curl'],
])('trigger exits with 2 for a mistake of usage: %s', async (_title, args, said) => {
  const { exitCode, stdout, stderr } = await runCommand(args, { input: '\0' });
  expect({ exitCode, stdout }).toEqual({ exitCode: 2, stdout: '' });
  expect(stderr).toContain(said);
  expect(stderr).not.toContain(KEY);
});
