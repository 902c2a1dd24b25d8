import { randomUUID } from 'node:crypto';
import { Agent, createServer, request } from 'node:http';
import { type AddressInfo, connect } from 'node:net';
import { createMemoryLedger, createReceiver } from '@showpad-webhooks/core';
import { createRouteHandler } from '@showpad-webhooks/core/node';
import { type SignedDelivery, signedDelivery } from '@showpad-webhooks/core/testing';
import { KEY, TYPE } from './entry.ts';
import { exposeGarbageCollector } from './garbage.ts';

export interface LoadOptions {
  readonly seconds: number;
  readonly senders: number;
  /** The same seed makes the same choices. The order in which they meet depends on the machine. */
  readonly seed: number;
}

export interface LoadReport {
  readonly deliveries: number;
  readonly answers: Readonly<Record<string, number>>;
  readonly eventsHandled: number;
  readonly handlerFailures: number;
  readonly aborted: number;
  readonly heapBeforeMiB: number;
  readonly heapAfterMiB: number;
  /** Says which promises were broken. Empty if none was. */
  readonly faults: readonly string[];
}

const FAILURE_RATE = 0.1;
const SHOWPAD_ATTEMPTS = 4;
const HEAP_ROOM_MIB = 8;
/** More than are handled in a run, because an event that is forgotten before its retry arrives is handled again. */
const LEDGER_ENTRIES = 1_000_000;

/** Loads one receiver over loopback HTTP, for a bounded time and by a bounded number of senders. */
export async function runLoad(options: LoadOptions): Promise<LoadReport> {
  const collectGarbage = exposeGarbageCollector();
  await sendAll({ ...options, seconds: 1 }); // Memory that is allocated only once must not count as growth.
  const heapBeforeMiB = await heapMiB(collectGarbage);
  const { faults, ...counts } = await sendAll(options);
  // By now the receiver and its ledger are gone.
  const heapAfterMiB = await heapMiB(collectGarbage);
  const growth =
    heapAfterMiB > heapBeforeMiB + HEAP_ROOM_MIB
      ? [`the heap grew from ${heapBeforeMiB} to ${heapAfterMiB} MiB`]
      : [];
  return { ...counts, heapBeforeMiB, heapAfterMiB, faults: [...faults, ...growth] };
}

async function sendAll({
  seconds,
  senders,
  seed,
}: LoadOptions): Promise<Omit<LoadReport, 'heapBeforeMiB' | 'heapAfterMiB'>> {
  const random = randomFrom(seed);
  const handledTimes = new Map<string, number>();
  const answers: Record<string, number> = {};
  const acknowledged = new Set<string>();
  const faults: string[] = [];
  let handlerFailures = 0;
  let deliveries = 0;
  let aborted = 0;

  const receiver = createReceiver({
    keys: KEY,
    ledger: createMemoryLedger({ maxEntries: LEDGER_ENTRIES }),
  }).onAny(async (event) => {
    await new Promise(setImmediate);
    if (random() < FAILURE_RATE) {
      handlerFailures++;
      throw new Error('at random');
    }
    handledTimes.set(event.id, (handledTimes.get(event.id) ?? 0) + 1);
  });
  const server = createServer(createRouteHandler(receiver));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  const agent = new Agent({ keepAlive: true, maxSockets: senders });

  /** Sends in this many pieces, and gives the status, or 0 if the connection broke. */
  function send({ headers, body }: SignedDelivery, pieces = 1): Promise<number> {
    deliveries++;
    return new Promise((resolve) => {
      const length = { 'content-length': body.byteLength };
      const outgoing = request(
        { port, host: '127.0.0.1', method: 'POST', agent, headers: { ...headers, ...length } },
        (response) => {
          response.resume().on('end', () => {
            const { statusCode = 0 } = response;
            answers[statusCode] = (answers[statusCode] ?? 0) + 1;
            resolve(statusCode);
          });
        },
      );
      outgoing.on('error', () => resolve(0));
      const size = Math.ceil(body.byteLength / pieces);
      const write = (at: number) => {
        if (at + size >= body.byteLength) return void outgoing.end(body.subarray(at));
        outgoing.write(body.subarray(at, at + size));
        setTimeout(write, 20, at + size);
      };
      write(0);
    });
  }

  /** Delivers as Showpad does: again after a 5xx, up to four times. */
  async function deliver(delivery: SignedDelivery, id: string, pieces?: number): Promise<void> {
    for (let attempt = 1; attempt <= SHOWPAD_ATTEMPTS; attempt++) {
      const status = await send(delivery, pieces);
      if (status >= 200 && status < 300) acknowledged.add(id);
      if (status < 500 && status !== 0) {
        if (status !== 200) faults.push(`a good delivery was answered ${status}`);
        return;
      }
    }
  }

  function abort({ headers, body }: SignedDelivery): Promise<void> {
    deliveries++;
    aborted++;
    return new Promise((resolve) => {
      const lines = Object.entries(headers).map((pair) => `${pair.join(': ')}\r\n`);
      const head = `POST / HTTP/1.1\r\nhost: x\r\n${lines.join('')}content-length: ${body.byteLength}\r\n\r\n`;
      const socket = connect(port, '127.0.0.1', () =>
        socket.write(head + body.toString().slice(0, 10), () => socket.destroy()),
      );
      socket.on('close', () => resolve()).on('error', () => {});
    });
  }

  async function sendOne(): Promise<void> {
    const id = randomUUID();
    const make = (key = KEY) =>
      signedDelivery({ type: TYPE, id, data: { text: 'x'.repeat(200 + 1_000 * random()) } }, { key });
    const choice = random();
    if (choice < 0.5) return deliver(make(), id);
    if (choice < 0.7) {
      const delivery = make();
      await Promise.all([deliver(delivery, id), deliver(delivery, id)]);
    } else if (choice < 0.85) {
      const status = await send(make('a-forger'));
      if (status !== 401 && status !== 0) faults.push(`a forged delivery was answered ${status}`);
    } else if (choice < 0.95) await deliver(make(), id, 3);
    else await abort(make());
  }

  const endsAt = Date.now() + seconds * 1_000;
  await Promise.all(
    Array.from({ length: senders }, async () => {
      while (Date.now() < endsAt) await sendOne();
    }),
  );
  agent.destroy();
  await receiver.close();
  await new Promise((resolve) => server.close(resolve).closeAllConnections());

  for (const [id, times] of handledTimes)
    if (times > 1) faults.push(`event ${id} was handled ${times} times`);
  for (const id of acknowledged)
    if (!handledTimes.has(id)) faults.push(`event ${id} was answered 2xx and not handled`);
  return { deliveries, answers, eventsHandled: handledTimes.size, handlerFailures, aborted, faults };
}

/** Mulberry32: small, seeded, and good enough to choose by. */
function randomFrom(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** What was closed is freed some turns of the event loop later, so this waits for it. */
async function heapMiB(collectGarbage: () => void): Promise<number> {
  for (let turn = 0; turn < 10; turn++) {
    await new Promise(setImmediate);
    collectGarbage();
  }
  return Math.round(process.memoryUsage().heapUsed / 1024 / 1024);
}
