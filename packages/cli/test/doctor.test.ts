import { createHmac } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import { buffer } from 'node:stream/consumers';
import { createRouteHandler } from '@showpad-webhooks/core/node';
import { describe, expect, test } from 'vitest';
import { runCommand, startCommand, valuesOf } from './command.ts';
import { closedUrl, KEY, openAnswer, openEndpoint, openReceiver, openServer } from './open-endpoint.ts';

interface Result {
  readonly id: string;
  readonly verdict: 'passed' | 'warned' | 'failed';
  readonly status: number | null;
}

const doctor = (url: string, ...flags: readonly string[]) =>
  runCommand(['doctor', url, '--key', KEY, ...flags]);

/** The checks that an endpoint does not pass, and how. */
async function ailments(url: string): Promise<Readonly<Record<string, string>>> {
  const results = valuesOf<Result>(await doctor(url, '--json'));
  const found = results.filter(({ verdict }) => verdict !== 'passed');
  return Object.fromEntries(found.map(({ id, verdict }) => [id, verdict]));
}

interface Careless {
  /** What it computes the signature over. */
  readonly signed?: (body: string) => string;
  readonly isOnlyFirst?: boolean;
  readonly checksTime?: boolean;
  readonly limitBytes?: number;
  readonly types?: readonly string[];
  readonly refusal?: number;
  /** The answer to an event without data. */
  readonly failure?: number;
}

/** An endpoint as people write them, with one mistake each. */
function openCareless({ signed = (body) => body, refusal = 401, ...traits }: Careless): Promise<string> {
  const { isOnlyFirst = false, checksTime = true, limitBytes = 1_000_000, types, failure = 500 } = traits;
  async function statusOf(req: IncomingMessage): Promise<number> {
    const text = (await buffer(req)).toString();
    const timestamp = String(req.headers['x-showpad-signature-timestamp']);
    const given = String(req.headers['x-showpad-signature-v1']).split(',');
    if (text.length > limitBytes) return 413;
    if (checksTime && !(Math.abs(Date.now() / 1000 - Number(timestamp)) < 300)) return refusal;
    const expected = createHmac('sha256', KEY)
      .update(`${signed(text)}.${timestamp}`)
      .digest('base64');
    if (!(isOnlyFirst ? given.slice(0, 1) : given).includes(expected)) return refusal;
    const { type, data } = JSON.parse(text);
    if (data === null) return failure;
    return !types || types.includes(type) ? 200 : 422;
  }
  return openServer(async (req, res) => void res.writeHead(await statusOf(req)).end());
}

/** An app with the probe of the README. */
async function openProbed(options: {
  readonly ledger?: false;
}): Promise<{ readonly url: string; readonly counts: ReadonlyMap<string, number> }> {
  const counts = new Map<string, number>();
  const receive = createRouteHandler({ keys: KEY, ...options });
  receive.receiver.onAny(({ id }) => void counts.set(id, (counts.get(id) ?? 0) + 1), { name: 'probe' });
  const url = await openServer((req, res) => {
    if (req.url === '/nothing') return void res.writeHead(404).end();
    if (req.url === '/probe') return void res.end(JSON.stringify(Object.fromEntries(counts)));
    receive(req, res);
  });
  return { url, counts };
}

describe('doctor', () => {
  test('passes a receiver of this project in everything, and says what it could not check', async () => {
    const { exitCode, stdout, stderr } = await doctor((await openReceiver()).url);
    expect(stdout).not.toMatch(/FAIL|warn/);
    expect(stdout).toContain('pass  an authentic delivery: 200 handled\n');
    expect(stdout).toContain('pass  the same event again: 200 duplicate\n');
    expect(stderr).toMatch(/^14 passed, 0 warned, 0 failed\.\nThe answers do not show/);
    expect(stderr).not.toContain('not handled twice');
    expect(exitCode).toBe(0);
  });

  test('proves with a probe that each accepted event was handled once, and no refused one ever', async () => {
    const { url, counts } = await openProbed({});
    const { exitCode, stdout } = await doctor(url, '--probe', `${new URL('/probe', url)}`);
    expect(stdout).toMatch(
      /pass {2}what the handlers did: \d accepted events handled once each, \d refused ones never/,
    );
    expect(exitCode).toBe(0);
    expect(counts.size).toBeGreaterThan(4);
  });

  test('fails if a duplicate was handled again, although its answer looks right', async () => {
    const { url } = await openProbed({ ledger: false });
    const { exitCode, stdout } = await doctor(url, '--probe', `${new URL('/probe', url)}`);
    expect(stdout).toContain('FAIL  what the handlers did');
    expect(stdout).toContain('an authentic delivery: the handlers ran 2 times, and not once.');
    expect(exitCode).toBe(1);
  });

  test.each([
    ['is missing', (url: string) => `${new URL('/nothing', url)}`, 'The probe answered with 404.'],
    ['is not there', closedUrl, 'The probe did not answer'],
    ['answers something else', () => openAnswer(200, 'handled'), 'The probe did not answer with counts.'],
  ])('says what is wrong with a probe that %s', async (_title, probe, said) => {
    const { url } = await openProbed({});
    const { exitCode, stderr } = await doctor(url, '--probe', await probe(url));
    expect(stderr).toContain(said);
    expect(stderr).toContain('It must answer 200 and a JSON object');
    expect(exitCode).toBe(1);
  });

  test('warns if the app has no handler for the events, and checks the rest', async () => {
    const receive = createRouteHandler({ keys: KEY });
    const { exitCode, stdout, stderr } = await doctor(await openServer((req, res) => receive(req, res)));
    expect(stdout).toContain('warn  an authentic delivery: 200 ignored\n');
    expect(stdout).toContain('The app has no handler for the type "shared-space-user-added"');
    expect(stderr).toContain('13 passed, 1 warned, 0 failed.');
    expect(exitCode).toBe(0);
  });

  test('passes a careful endpoint of anyone, except for what its answers do not show', async () => {
    const { exitCode, stderr } = await doctor(await openCareless({}));
    expect(exitCode).toBe(0);
    expect(stderr).toContain('not handled twice');
  });

  test.each<readonly [string, Careless, Readonly<Record<string, string>>]>([
    [
      'writes JSON again',
      { signed: (body) => rewritten(body) },
      { tampered: 'failed', 're-spaced': 'failed' },
    ],
    ['does not look at the time', { checksTime: false }, { stale: 'failed', future: 'failed' }],
    ['reads one signature', { isOnlyFirst: true }, { 'several-signatures': 'failed' }],
    ['has a parser’s limit', { limitBytes: 100_000 }, { large: 'failed' }],
    ['answers a handler that failed with 404', { failure: 404 }, { 'handler-failing': 'failed' }],
    ['answers 422 to an event without data', { failure: 422 }, { 'handler-failing': 'warned' }],
    ['refuses unknown types', { types: ['shared-space-user-added'] }, { 'unknown-type': 'failed' }],
    [
      'refuses with 500',
      { refusal: 500 },
      { forged: 'warned', unsigned: 'warned', tampered: 'warned', stale: 'warned' },
    ],
  ])('finds the mistake of an endpoint that %s', async (_title, traits, found) => {
    expect(await ailments(await openCareless(traits))).toEqual(found);
  });

  test('finds an endpoint that verifies nothing', async () => {
    const { url } = await openEndpoint(200);
    const { exitCode, stdout, stderr } = await doctor(url);
    expect(exitCode).toBe(1);
    expect(stderr).toContain('This answer did not come from showpad-webhooks. If your app uses it');
    expect(stdout.match(/^FAIL .*/gm)).toEqual([
      'FAIL  a delivery signed with another key: 200',
      'FAIL  a delivery without a signature: 200',
      'FAIL  a delivery changed after it was signed: 200',
      'FAIL  a delivery signed an hour ago: 200',
      'FAIL  a delivery signed an hour ahead: 200',
      'FAIL  a forged body of 8 MB: 200',
    ]);
    expect(stdout).toContain('Anyone who knows the URL can send events that your app believes.');
  });

  test.each([401, 404, 500])(
    'stops if the good delivery is answered %d, because the rest would show nothing',
    async (status) => {
      const { url, received } = await openEndpoint(status);
      const finished = await doctor(url, '--json');
      expect(finished.exitCode).toBe(1);
      expect(valuesOf(finished)).toMatchObject([{ id: 'good', verdict: 'failed', status }]);
      expect(received).toHaveLength(1);
      expect(finished.stderr).toContain('The other checks were skipped');
    },
  );

  test('asks whether the app is running if nothing listens', async () => {
    const { exitCode, stdout } = await doctor(await closedUrl());
    expect(exitCode).toBe(1);
    expect(stdout).toMatch(/^FAIL {2}an authentic delivery: no answer \(connect ECONNREFUSED.*\)$/m);
    expect(stdout).toContain('Is the app running, and is the port right?');
  });

  test('names the mistake by the code in the answer', async () => {
    const url = await openAnswer(503, 'unavailable', 'RAW_BODY_UNAVAILABLE');
    const { stdout } = await doctor(url);
    expect(stdout).toBe(
      `FAIL  an authentic delivery: 503 unavailable RAW_BODY_UNAVAILABLE
      No event arrives.
      A body parser ran before the webhook and kept no raw bytes. Mount the webhook before the parser. The log of the app has the details.
`,
    );
  });

  test('says that something in front of the app answered, and names it', async () => {
    const receive = createRouteHandler({ keys: KEY });
    receive.receiver.onAny(() => {});
    const url = await openServer((req, res) => {
      if (Number(req.headers['content-length']) < 100_000) return receive(req, res);
      req.resume().once('end', () => res.writeHead(413, { server: 'nginx' }).end());
    });
    const { exitCode, stdout } = await doctor(url);
    expect(exitCode).toBe(1);
    expect(stdout).toContain(`FAIL  an authentic body of 200 kB: 413
      Large events are lost, because Showpad never retries a 413. The body parsers of Express and Nest refuse more than 100 kB by default.
      This answer did not come from showpad-webhooks, but from something in front of it (server: nginx).
      Mount the webhook before any body parser, and check the limit of the proxy.
`);
    expect(stdout.match(/did not come from/g)).toHaveLength(1);
    const [result] = valuesOf<{ verdict: string }>(await doctor(url, '--json')).filter(
      ({ verdict }) => verdict === 'failed',
    );
    expect(result).toMatchObject({ id: 'large', origin: expect.stringContaining('(server: nginx)') });
  });

  test('sends exactly the same event for a duplicate', async () => {
    const { url, received } = await openEndpoint(200);
    await doctor(url);
    expect(received[1]?.body).toEqual(received[0]?.body);
  });

  test('does not call a refusal without a 4xx a forgery that was accepted', async () => {
    const { stdout } = await doctor(await openCareless({ refusal: 500 }));
    expect(stdout).toContain(
      'warn  a delivery signed with another key: 500\n      It was not accepted, but only a 4xx',
    );
    expect(stdout).not.toContain('Anyone who knows the URL');
  });

  test('ends with 1 when it is stopped', async () => {
    let isAsked = () => {};
    const asked = new Promise<void>((resolve) => {
      isAsked = resolve;
    });
    const running = startCommand(['doctor', await openServer(() => isAsked()), '--key', KEY]);
    await asked;
    running.stop();
    expect(await running.exitCode).toBe(1);
    expect(await running.stderr).toContain('Stopped before everything was checked');
  });

  test.each([
    ['no URL', ['doctor', 'x', '--key', KEY], '<url> must be a URL'],
    ['no key', ['doctor', 'http://127.0.0.1/'], 'SHOWPAD_SIGNATURE_KEY'],
    ['a blank key', ['doctor', 'http://127.0.0.1/', '--key', ' '], 'is blank'],
    ['two keys', ['doctor', 'http://127.0.0.1/', '--key', KEY, '--key', KEY], 'Pass --key once'],
  ])('exits with 2 for a mistake of usage: %s', async (_title, args, said) => {
    const { exitCode, stdout, stderr } = await runCommand(args);
    expect({ exitCode, stdout }).toEqual({ exitCode: 2, stdout: '' });
    expect(stderr).toContain(said);
    expect(stderr).not.toContain(KEY);
  });
});

/** As after `express.json()`. */
function rewritten(body: string): string {
  try {
    return JSON.stringify(JSON.parse(body));
  } catch {
    return body;
  }
}
