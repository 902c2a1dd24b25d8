import {
  type Answer,
  type CreateServer,
  open,
  readAll,
  type TestServer,
  watchReading,
} from '@showpad-webhooks/conformance';
import { createReceiver, type WebhookHeaders } from '@showpad-webhooks/core';
import { type SignedDelivery, signedDelivery } from '@showpad-webhooks/core/testing';
import { afterAll, afterEach, beforeAll, describe, expect, test, vi } from 'vitest';
import { BODIES } from './catalogue/body.ts';
import { HTTP_ATTACKS } from './catalogue/http.ts';
import { OWN_TROUBLES } from './catalogue/own-trouble.ts';
import { REPLAYS } from './catalogue/replay.ts';
import { DELIVERIES } from './catalogue.ts';
import {
  clock,
  event,
  type HostileDelivery,
  type HostileHeaders,
  KEY,
  NOW_SECONDS,
  PAYLOAD,
  TYPE,
} from './entry.ts';

const PATH = '/webhooks/showpad';
const STATUSES = [200, 400, 401, 405, 413, 415, 422, 500, 503];

interface Request {
  readonly method: string;
  readonly headers: HostileHeaders;
  readonly body: Buffer;
}

/** Makes what an attacker sends: a good delivery, changed as the entry says. */
function requestOf({ body, signedAtSeconds = 0, headers, sentBody, method }: HostileDelivery): Request {
  const bytes = typeof body === 'function' ? body() : (body ?? event(PAYLOAD));
  const timestampSeconds = NOW_SECONDS + signedAtSeconds;
  const good = signedDelivery({ body: bytes }, { key: KEY, timestampSeconds });
  const changed = Object.entries(headers?.(good.headers) ?? good.headers).filter(
    ([, value]) => value !== undefined,
  );
  return {
    method: method ?? 'POST',
    headers: Object.fromEntries(changed) as HostileHeaders,
    body: sentBody?.(bytes) ?? bytes,
  };
}

function good(id: string, data: unknown): SignedDelivery {
  return signedDelivery({ type: TYPE, id, data }, { key: KEY, timestampSeconds: NOW_SECONDS });
}

/** An answer must contain nothing secret and nothing that was sent. */
function expectNoLeak(answer: string): void {
  expect(answer).not.toContain(KEY);
  expect(answer).not.toContain(PAYLOAD);
  expect(answer).not.toMatch(/[A-Za-z0-9+/]{43}=/);
}

/** Runs the catalogue against core alone, as far as it needs no HTTP. */
export function defineCoreSuite(): void {
  afterEach(() => void vi.useRealTimers());

  test.each(DELIVERIES)('$name: $expected, because $reason', async (entry) => {
    const receiver = createReceiver({ keys: KEY, ledger: false, clock }).onAny(() => {});
    const { method, headers, body } = requestOf(entry);
    const { response, outcome, error } = await receiver.receive({
      method,
      headers: headers as WebhookHeaders,
      body,
    });
    expect(`${response.status} ${error?.code ?? outcome}`).toBe(entry.expected);
    expect(STATUSES).toContain(response.status);
    expectNoLeak(JSON.stringify(response) + String(error?.message) + String(error?.hint));
  });

  test.each(OWN_TROUBLES)('$name: $expected, because $reason', async ({ options, expected, deadlineMs }) => {
    if (deadlineMs !== undefined) {
      const timers = ['setTimeout', 'setInterval', 'setImmediate'] as const;
      vi.useFakeTimers({ toFake: [...timers, 'clearTimeout', 'clearInterval', 'clearImmediate'] });
    }
    const receiver = createReceiver({ keys: KEY, clock, on: { [TYPE]: () => {} } as object, ...options });
    const answer = receiver.receive(good('1', PAYLOAD));
    if (deadlineMs !== undefined) await vi.advanceTimersByTimeAsync(deadlineMs);
    const { response, outcome, error } = await answer;
    if (deadlineMs !== undefined) await vi.advanceTimersByTimeAsync(1_000); // What happens after the answer must do no harm.
    expect(`${response.status} ${error?.code ?? outcome}`).toBe(expected);
    expectNoLeak(JSON.stringify(response) + String(error?.message) + String(error?.hint));
  });

  test.each(REPLAYS)('$name, because $reason', async ({ deliveries }) => {
    const receiver = createReceiver({ keys: KEY, clock }).onAny(() => {});
    for (const { delivery, expected } of deliveries()) {
      const { response, outcome, error } = await receiver.receive(delivery);
      expect(`${response.status} ${error?.code ?? outcome}`).toBe(expected);
    }
  });

  test('no body of the catalogue pollutes a prototype', async () => {
    const names = Object.getOwnPropertyNames(Object.prototype);
    const receiver = createReceiver({ keys: KEY, ledger: false, clock });
    // Careless code treats the data of an event like this.
    receiver.onAny(({ data }) => Object.assign({}, data, structuredClone(data)));
    for (const entry of BODIES) {
      const { method, headers, body } = requestOf(entry);
      await receiver.receive({ method, headers: headers as WebhookHeaders, body });
    }
    expect(Object.getOwnPropertyNames(Object.prototype)).toEqual(names);
    expect(({} as { isAdmin?: unknown }).isAdmin).toBeUndefined();
  });
}

/** Runs the catalogue against an adapter, over HTTP on bare connections. After each entry the app must work as before. */
export function defineHostileSuite(name: string, createServer: CreateServer): void {
  describe(name, () => {
    let server: TestServer;
    let handled: string[];
    beforeAll(async () => {
      const options = { keys: KEY, ledger: false, clock } as const;
      server = await createServer({ options, path: PATH, parser: 'after' });
      handled = [];
      server.receiver.onAny((each) => handled.push(each.id));
    });
    afterAll(() => server.close());
    afterEach(async () => {
      handled.length = 0;
      const after = good('after', 1);
      expect((await sendBare(server.url + PATH, after)).status).toBe(200);
      expect(handled).toEqual(['after']);
    });

    test.each(DELIVERIES.filter(({ overHttp }) => overHttp !== null))(
      '$name: $expected, because $reason',
      async (entry) => {
        const { overHttp, expected } = entry;
        handled.length = 0;
        const { status, body } = await sendBare(server.url + PATH, requestOf(entry));
        const answer = overHttp ?? expected;
        if (/^\d+$/.test(answer)) expect(status).toBe(Number(answer));
        else expect(`${status} ${nameOf(body)}`).toBe(answer);
        expect(handled).toHaveLength(answer === '200 handled' ? 1 : 0);
        expectNoLeak(body);
      },
    );

    test.each(HTTP_ATTACKS)(
      '$name: $expected, because $reason',
      async ({ bytes, expected, isGood = false, endsAfter = false }) => {
        handled.length = 0;
        const { host } = new URL(server.url);
        const { headers, body } = good('attack', PAYLOAD);
        const received = await exchange(server.url, bytes({ path: PATH, host, headers, body }), endsAfter);
        const status = /^HTTP\/1\.1 (\d{3})/.exec(received)?.[1];
        expect(expected).toContain(status === undefined ? 'none' : Number(status));
        expect(handled).toHaveLength(isGood && received.includes('HTTP/1.1 200 ') ? 1 : 0);
        expectNoLeak(received);
      },
    );

    test.each(REPLAYS)('$name, because $reason', async ({ deliveries }) => {
      const replayed = await createServer({ options: { keys: KEY, clock }, path: PATH, parser: 'none' });
      try {
        replayed.receiver.onAny(() => {});
        for (const { delivery, path = '', expected } of deliveries()) {
          const { status, body } = await sendBare(replayed.url + PATH + path, delivery);
          expect(`${status} ${nameOf(body)}`).toBe(expected);
        }
      } finally {
        await replayed.close();
      }
    });

    test.each(OWN_TROUBLES.filter(({ deadlineMs }) => deadlineMs === undefined))(
      '$name: $expected, because $reason',
      async ({ options: { on, ...options }, expected }) => {
        const troubled = await createServer({
          options: { keys: KEY, clock, ...options },
          path: PATH,
          parser: 'none',
        });
        try {
          const run = (on as Record<string, () => unknown> | undefined)?.[TYPE] ?? (() => {});
          troubled.receiver.on(TYPE, run);
          const { status, body } = await sendBare(troubled.url + PATH, good('troubled', PAYLOAD));
          expect(`${status} ${nameOf(body)}`).toBe(expected);
          expectNoLeak(body);
        } finally {
          await troubled.close();
        }
      },
    );

    test('one byte a second is answered 503 after 10 s', async () => {
      const { telemetry, isReading } = watchReading();
      const slow = await createServer({
        options: { keys: KEY, clock, telemetry },
        path: PATH,
        parser: 'after',
      });
      vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
      try {
        const { headers, body } = good('slow', PAYLOAD);
        const socket = await open(slow.url);
        socket.write(headOf(slow.url + PATH, 'POST', { ...headers, 'content-length': String(body.length) }));
        await isReading;
        for (let second = 0; second < 10; second++) {
          await new Promise((resolve) => socket.write(body.subarray(second, second + 1), resolve));
          vi.advanceTimersByTime(1_000);
        }
        let received = '';
        for await (const chunk of socket) {
          received += String(chunk);
          // The answer is out, and the connection stays open for one second more.
          if (received.includes('BODY_TIMEOUT')) vi.advanceTimersByTime(1_000);
        }
        expect(received).toMatch(/^HTTP\/1\.1 503 /);
      } finally {
        vi.useRealTimers();
        await slow.close();
      }
    });

    test('1,000 idle connections and 50 half requests do not delay a delivery', {
      timeout: 30_000,
    }, async () => {
      const idle = await Promise.all(Array.from({ length: 1_000 }, () => open(server.url)));
      const { headers } = good('half', 1);
      for (const socket of idle) socket.on('error', () => {});
      for (const socket of idle.slice(0, 50))
        socket.write(headOf(server.url + PATH, 'POST', { ...headers, 'content-length': '100' }));
      const delivery = good('among', 1);
      expect((await sendBare(server.url + PATH, delivery)).status).toBe(200);
      for (const socket of idle) socket.destroy();
    });
  });
}

function nameOf(body: string): string {
  const { code, outcome } = JSON.parse(body) as { code?: string; outcome?: string };
  return code ?? outcome ?? body;
}

/** Writes headers as bytes, because an HTTP client would refuse to send these. */
function headOf(url: string, method: string, headers: HostileHeaders): Buffer {
  const { host, pathname, search } = new URL(url);
  const lines = Object.entries({ host, connection: 'close', ...headers }).flatMap(([name, value]) =>
    [value].flat().map((each) => `${name}: ${each}\r\n`),
  );
  return Buffer.from(`${method} ${pathname}${search} HTTP/1.1\r\n${lines.join('')}\r\n`, 'utf8');
}

async function sendBare(
  url: string,
  request: Pick<SignedDelivery, 'method' | 'body'> & { headers: HostileHeaders },
): Promise<Pick<Answer, 'status' | 'body'>> {
  const { method, headers, body } = request;
  const length = { 'content-length': String(body.byteLength) };
  const received = await exchange(
    url,
    Buffer.concat([headOf(url, method, { ...length, ...headers }), body]),
    false,
  );
  const [head = '', ...rest] = received.split('\r\n\r\n');
  return { status: Number(/^HTTP\/1\.1 (\d{3})/.exec(head)?.[1]), body: rest.join('\r\n\r\n') };
}

/** Sends bytes, and gives everything that comes back until the other side closes. */
async function exchange(url: string, bytes: Buffer, endsAfter: boolean): Promise<string> {
  const socket = await open(url);
  const failed = new Promise<never>((_resolve, reject) => socket.once('error', reject));
  if (endsAfter) socket.end(bytes);
  else socket.write(bytes);
  const received: Buffer[] = [];
  socket.on('data', (chunk) => received.push(chunk));
  try {
    await Promise.race([readAll(socket), failed]);
  } catch {
    // A connection that is cut ends too, and what came before the cut counts.
  } finally {
    socket.destroy();
  }
  return Buffer.concat(received).toString('utf8');
}
