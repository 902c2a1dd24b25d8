import type { SignedDelivery } from '@showpad-webhooks/core/testing';
import { expect, test, vi } from 'vitest';
import { head, open, readAll, statusOf } from './http.ts';
import type { CreateServer, TestServer } from './server.ts';
import { deliver, expectAnswer, PATH, signed, TYPE, useServers } from './support.ts';
import { watchReading } from './watch-reading.ts';

export interface BrokenConnectionsOptions {
  readonly isBuffered: boolean;
  readonly isFetch: boolean;
  readonly holdsRefused: boolean;
  readonly hasNoPipelining: boolean;
}

export function brokenConnections(
  createServer: CreateServer,
  { isBuffered, isFetch, holdsRefused, hasNoPipelining }: BrokenConnectionsOptions,
): void {
  const start = useServers(createServer);

  /** Resolves with the code of the next error, whichever listener hears it. */
  function nextError({ receiver }: TestServer): Promise<string> {
    return new Promise((resolve) => {
      receiver.onError((error) => resolve(error.code)).onRejected((error) => resolve(error.code));
    });
  }

  function headOf(server: TestServer, delivery: SignedDelivery, contentLength: number): Buffer {
    return head(server.url + PATH, { ...delivery.headers, 'content-length': String(contentLength) });
  }

  test('rejects a body longer than its Content-Length', async () => {
    const server = await start();
    const handler = vi.fn();
    server.receiver.onAny(handler);
    const delivery = signed();
    const socket = await open(server.url);
    const cut = { ...delivery, headers: { ...delivery.headers, connection: 'close' } };
    socket.write(Buffer.concat([headOf(server, cut, delivery.body.byteLength - 10), delivery.body]));
    // Node may answer what follows, which is not a request, before the app answers the delivery.
    expect([400, 401]).toContain(statusOf(await readAll(socket)));
    expect(handler).not.toHaveBeenCalled();
  });

  test('takes several deliveries on one connection', async () => {
    const server = await start();
    const ids: string[] = [];
    server.receiver.on(TYPE, (event) => ids.push(event.id));
    const deliveries = ['1', '2', '3'].map((id) => signed({ id }));
    const bytes = deliveries.map((each) =>
      Buffer.concat([headOf(server, each, each.body.byteLength), each.body]),
    );
    const socket = await open(server.url);
    const next = () => socket.write(bytes.shift() ?? '');
    if (hasNoPipelining) next();
    while (!hasNoPipelining && bytes.length > 0) next();
    let answers = '';
    for await (const chunk of socket) {
      answers += String(chunk);
      if (answers.split('HTTP/1.1 200').length === 4) break;
      if (hasNoPipelining && String(chunk).includes('outcome')) next();
    }
    expect(ids).toEqual(['1', '2', '3']);
  });

  if (isBuffered) return;

  test('forgets a sender that hangs up halfway, and takes its retry', async () => {
    const { telemetry, isReading } = watchReading();
    const server = await start({ telemetry });
    const handler = vi.fn();
    server.receiver.on(TYPE, handler);
    const error = nextError(server);
    const delivery = signed();
    const socket = await open(server.url);
    socket.write(headOf(server, delivery, delivery.body.byteLength));
    socket.write(delivery.body.subarray(0, 20));
    await isReading;
    socket.destroy();
    expect(await error).toBe('RAW_BODY_UNAVAILABLE');
    expect(handler).not.toHaveBeenCalled();
    expectAnswer(await deliver(server, delivery), 200, 'handled');
  });

  test('never accepts a body that is shorter than its Content-Length', async () => {
    const { telemetry, isReading } = watchReading();
    const server = await start({ telemetry });
    const error = nextError(server);
    const delivery = signed();
    const socket = await open(server.url);
    socket.write(Buffer.concat([headOf(server, delivery, delivery.body.byteLength + 10), delivery.body]));
    // A framework may look for a file first, such as Astro, and then it drops a request whose sender is gone.
    if (isFetch) await isReading;
    socket.end();
    expect(await readAll(socket)).not.toContain('handled');
    expect(await error).toBe('RAW_BODY_UNAVAILABLE');
  });

  test('answers 503 to a sender that is too slow, and lets it go', async () => {
    const { telemetry, isReading } = watchReading();
    const server = await start({ telemetry });
    const delivery = signed();
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
    const socket = await open(server.url);
    socket.write(headOf(server, delivery, delivery.body.byteLength));
    await isReading;
    vi.advanceTimersByTime(10_000);
    let answer = '';
    for await (const chunk of socket) {
      answer += String(chunk);
      // The response is out, and the connection stays open for one second more.
      if (answer.includes('BODY_TIMEOUT')) vi.advanceTimersByTime(1_000);
      if (answer.includes('BODY_TIMEOUT') && holdsRefused) break;
    }
    expect(statusOf(answer)).toBe(503);
    expect(vi.getTimerCount()).toBe(0);
  });
}
