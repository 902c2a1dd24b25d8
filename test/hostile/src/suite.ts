import { type CreateServer, open, type TestServer, watchReading } from '@showpad-webhooks/conformance';
import { afterAll, afterEach, beforeAll, describe, expect, test, vi } from 'vitest';
import { HTTP_ATTACKS, type HttpAttack } from './catalogue/http.ts';
import { HTTP2_ATTACKS } from './catalogue/http2.ts';
import { LEFT_OUT_ON_HTTP2, ON_HTTP2 } from './catalogue/http2-differences.ts';
import { OWN_TROUBLES } from './catalogue/own-trouble.ts';
import { REPLAYS } from './catalogue/replay.ts';
import { DELIVERIES } from './catalogue.ts';
import { clock, KEY, LIMIT_BYTES, PAYLOAD, TYPE } from './entry.ts';
import { defineFloodSuite } from './flood-suite.ts';
import { expectNoLeak, good, requestOf } from './requests.ts';
import { exchange, HTTP1 } from './transport/http1.ts';
import { HTTP2, openHttp2, sendAttack } from './transport/http2.ts';
import type { HostileAnswer } from './transport/transport.ts';

const PATH = '/webhooks/showpad';

export interface HostileSuiteOptions {
  /** The protocol of the servers that `createServer` makes: HTTP/2 without TLS. Default: HTTP/1.1. */
  readonly protocol?: 'HTTP/1.1' | 'HTTP/2';
  /** True if the adapter gets a fetch `Request`, whose URL has no dots and no backslashes left when a router sees it. */
  readonly isFetch?: boolean;
  /** True if a gateway reads the whole body before the adapter gets it, so that no slow upload reaches the adapter. */
  readonly isBuffered?: boolean;
  /** True if the server holds a connection, for as long as the sender likes, on which it has refused an upload. */
  readonly holdsRefused?: boolean;
  /** True if the server may reset a connection whose upload, or whose headers, it has refused, so that its answer is lost. */
  readonly resetsRefused?: boolean;
  /**
   * What comes back for the entries, by name, that the server takes in another way than Node's: a text such as `expected`, or
   * several statuses for an attack on HTTP, such as `400 none`.
   */
  readonly differences?: Readonly<Record<string, string>>;
  /** The attacks on HTTP, by name, that the server cannot take, and why. */
  readonly untaken?: Readonly<Record<string, string>>;
}

/** The attacks that a fetch `Request` has turned into the path itself before anybody can look at it. */
const NORMALISED_BY_FETCH = [
  'http: the path /webhooks/showpad/../showpad',
  'http: the path /webhooks/./showpad',
  'http: the path /webhooks\\showpad',
];

/** The attacks whose body never ends, so that a gateway never passes them on. */
const NEVER_ENDING = ['http: Content-Length over the limit, and no body'];

/**
 * Runs the catalogue against an adapter, on bare connections. After each entry the app must work as before. On HTTP/2 the
 * entries of `LEFT_OUT_ON_HTTP2`, which make no sense there, are replaced with those of `HTTP2_ATTACKS`.
 */
export function defineHostileSuite(
  name: string,
  createServer: CreateServer,
  {
    protocol = 'HTTP/1.1',
    isFetch = false,
    isBuffered = false,
    holdsRefused = false,
    resetsRefused = false,
    differences = {},
    untaken = {},
  }: HostileSuiteOptions = {},
): void {
  const isHttp2 = protocol === 'HTTP/2';
  const transport = isHttp2 ? HTTP2 : HTTP1;
  const { send, upload } = transport;
  const onThisProtocol = (entry: string, expected: string) => (isHttp2 && ON_HTTP2[entry]) || expected;

  describe(`${name} on ${protocol}`, () => {
    let server: TestServer;
    let handled: string[];
    beforeAll(async () => {
      const options = { keys: KEY, ledger: false, clock, maxBodyBytes: LIMIT_BYTES } as const;
      server = await createServer({ options, path: PATH, parser: 'after' });
      handled = [];
      server.receiver.onAny((each) => handled.push(each.id));
    });
    afterAll(() => server.close());
    afterEach(async () => {
      handled.length = 0;
      const after = good('after', 1);
      expect((await send(server.url + PATH, after)).status).toBe(200);
      expect(handled).toEqual(['after']);
    });

    const deliveries = DELIVERIES.map((entry) => {
      const different = differences[entry.name];
      return different === undefined ? entry : { ...entry, overHttp: different };
    });
    test.each(deliveries.filter(({ overHttp }) => overHttp !== null))(
      '$name: $expected, because $reason',
      async (entry) => {
        handled.length = 0;
        const answer = await send(server.url + PATH, requestOf(entry));
        const expected = onThisProtocol(entry.name, entry.overHttp ?? entry.expected);
        const isRefused = ['413', '415', '431'].some((status) => expected.startsWith(status));
        const isReset = resetsRefused && isRefused && answer.status === undefined;
        expectAnswer(answer, isReset ? 'none' : expected);
        expect(handled).toHaveLength(expected === '200 handled' ? 1 : 0);
        expectNoLeak(answer.body);
      },
    );

    const leftOut = [...(isFetch ? NORMALISED_BY_FETCH : []), ...(isBuffered ? NEVER_ENDING : [])];
    const attacks = HTTP_ATTACKS.filter(
      ({ name: each }) => !leftOut.includes(each) && !(each in untaken),
    ).map((each) => withDifference(each, differences[each.name]));
    test.each(isHttp2 ? [] : attacks)(
      '$name: $expected, because $reason',
      async ({ bytes, expected, isGood = false, endsAfter = false }) => {
        handled.length = 0;
        const { host } = new URL(server.url);
        const { headers, body } = good('attack', PAYLOAD);
        const until = holdsRefused && expected.includes(413) ? 'BODY_TOO_LARGE' : undefined;
        const received = await exchange(server.url, bytes({ path: PATH, host, headers, body }), {
          endsAfter,
          until,
        });
        const status = /^HTTP\/1\.1 (\d{3})/.exec(received)?.[1];
        const isReset = resetsRefused && expected.includes(413) && status === undefined;
        if (!isReset) expect(expected).toContain(status === undefined ? 'none' : Number(status));
        expect(handled).toHaveLength(isGood && received.includes('HTTP/1.1 200 ') ? 1 : 0);
        expectNoLeak(received);
      },
    );

    test.each(isHttp2 ? HTTP_ATTACKS.filter((attack) => !(attack.name in LEFT_OUT_ON_HTTP2)) : [])(
      '$name: $expected, because $reason',
      async (attack) => {
        handled.length = 0;
        const { host } = new URL(server.url);
        const { headers, body } = good('attack', PAYLOAD);
        const request = attack.request({ path: PATH, host, headers, body });
        const { status, body: answer } = await sendAttack(server.url, { path: PATH, headers, body }, request);
        expect(onThisProtocol(attack.name, attack.expected.join(' '))).toContain(String(status ?? 'none'));
        expect(handled).toHaveLength(status === 200 ? 1 : 0);
        expectNoLeak(answer);
      },
    );

    test.each(isHttp2 ? HTTP2_ATTACKS : [])(
      '$name: $expected, because $reason',
      async ({ name: id, send: attack, expected, endsAfter }) => {
        handled.length = 0;
        const { headers, body } = good(id, PAYLOAD);
        const sender = await openHttp2(server.url);
        await attack(sender, { url: server.url + PATH, headers, body });
        if (endsAfter) sender.end();
        const { status, body: answer } = await sender.answer;
        sender.destroy();
        expect(expected).toContain(status ?? 'none');
        expect(handled).toHaveLength(status === 200 ? 1 : 0);
        expectNoLeak(answer);
      },
    );

    test.each(Object.entries(untaken))('leaves out %s, because %s', (entry) => {
      expect(HTTP_ATTACKS.map((attack) => attack.name)).toContain(entry);
    });

    test.each(Object.keys(differences))('knows the entry that differs: %s', (entry) => {
      expect([...DELIVERIES, ...HTTP_ATTACKS].map((each) => each.name)).toContain(entry);
    });

    test.each(REPLAYS)('$name, because $reason', async ({ deliveries }) => {
      const replayed = await createServer({ options: { keys: KEY, clock }, path: PATH, parser: 'none' });
      try {
        replayed.receiver.onAny(() => {});
        for (const { delivery, path = '', expected } of deliveries()) {
          expectAnswer(await send(replayed.url + PATH + path, delivery), expected);
        }
      } finally {
        await replayed.close();
      }
    });

    test.each(OWN_TROUBLES.filter(({ deadlineMs }) => deadlineMs === undefined))(
      '$name: $expected, because $reason',
      async ({ options: { on, ...options }, expected }) => {
        const setup = { options: { keys: KEY, clock, ...options }, path: PATH, parser: 'none' } as const;
        const troubled = await createServer(setup);
        try {
          const run = (on as Record<string, () => unknown> | undefined)?.[TYPE] ?? (() => {});
          troubled.receiver.on(TYPE, run);
          const answer = await send(troubled.url + PATH, good('troubled', PAYLOAD));
          expectAnswer(answer, expected);
          expectNoLeak(answer.body);
        } finally {
          await troubled.close();
        }
      },
    );

    test.each(isBuffered ? [] : [10])('one byte a second is answered 503 after %i s', async (seconds) => {
      const { telemetry, isReading } = watchReading();
      const options = { keys: KEY, clock, telemetry };
      const slow = await createServer({ options, path: PATH, parser: 'after' });
      vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
      try {
        const delivery = good('slow', PAYLOAD);
        const sending = await upload(slow.url + PATH, withLength(delivery));
        await isReading;
        for (let second = 0; second < seconds; second++) {
          await sending.write(delivery.body.subarray(second, second + 1));
          vi.advanceTimersByTime(1_000);
        }
        await sending.until('BODY_TIMEOUT');
        // The answer is out, and a connection of HTTP/1.1 stays open for one second more.
        vi.advanceTimersByTime(1_000);
        if (holdsRefused) sending.destroy();
        expect((await sending.answer).status).toBe(503);
        sending.destroy();
      } finally {
        vi.useRealTimers();
        await slow.close();
      }
    });

    if (!isBuffered) defineFloodSuite(createServer, transport);

    test('1,000 idle connections and 50 half requests do not delay a delivery', async () => {
      const delivery = { ...good('half', 1), body: Buffer.alloc(100) };
      const idle = await Promise.all(Array.from({ length: 950 }, () => openIdle(server.url, isHttp2)));
      const half = Array.from({ length: 50 }, () => upload(server.url + PATH, withLength(delivery)));
      const held = [...idle, ...(await Promise.all(half))];
      expect((await send(server.url + PATH, good('among', 1))).status).toBe(200);
      for (const connection of held) connection.destroy();
    });
  });
}

function withDifference(attack: HttpAttack, difference: string | undefined): HttpAttack {
  if (difference === undefined) return attack;
  const expected = difference.split(' ').map((each) => (each === 'none' ? each : Number(each)));
  return { ...attack, expected, isGood: attack.isGood || expected.includes(200) };
}

async function openIdle(url: string, isHttp2: boolean): Promise<{ destroy(): void }> {
  if (isHttp2) return openHttp2(url);
  const socket = await open(url);
  return socket.on('error', () => {});
}

function withLength<Delivery extends ReturnType<typeof good>>(delivery: Delivery): Delivery {
  return {
    ...delivery,
    headers: { ...delivery.headers, 'content-length': String(delivery.body.length) },
  };
}

/** Expects a status and a code or outcome, such as `401 SIGNATURE_MISSING`; or only a status; or `none`. */
function expectAnswer({ status, body }: HostileAnswer, expected: string): void {
  if (/^(\d+|none)$/.test(expected)) expect(String(status ?? 'none')).toBe(expected);
  else expect(`${status} ${nameOf(body)}`).toBe(expected);
}

function nameOf(body: string): string {
  const { code, outcome } = JSON.parse(body || '{}') as { code?: string; outcome?: string };
  return code ?? outcome ?? body;
}
