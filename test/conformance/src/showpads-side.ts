import { PermanentError } from '@showpad-webhooks/core';
import { createEmulator, type DeliveryFaultAction, type Emulator } from '@showpad-webhooks/emulator';
import { expect, onTestFinished, test } from 'vitest';
import type { CreateServer, TestServer } from './server.ts';
import { KEY, PATH, TYPE, useServers } from './support.ts';

const ALL_RETRIES_MS = 15_000;

type Kind = DeliveryFaultAction['kind'];

/** The statuses that each fault of the emulator leads to, and how often the handler runs in the end. */
const FAULTS: readonly (readonly [kind: Kind, statuses: readonly (number | undefined)[], runs: number])[] = [
  ['wrong-key', [401], 0],
  ['tampered-body', [401], 0],
  ['missing-header', [401], 0],
  ['garbage-header', [401], 0],
  ['stale-clock', [401], 0],
  ['future-clock', [503, 200], 1],
  ['skewed-clock', [200], 1],
  ['several-signatures', [200], 1],
  ['duplicate', [200, 200], 1],
  ['burst', Array(21).fill(200), 21],
  ['delay', [200], 1],
  ['slow-body', [200], 1],
  ['truncated-body', [undefined, 200], 1],
  ['reset', [undefined, 200], 1],
  ['unknown-type', [200], 0],
  ['extra-fields', [200], 1],
  ['string-specversion', [200], 1],
  ['invalid-time', [200], 1],
  ['unicode', [200], 1],
];

/** Deliveries, retries and faults as the emulator sends them. Tests move its clock. */
export function showpadsSide(createServer: CreateServer): void {
  const start = useServers(createServer);

  async function subscribe(): Promise<{ emulator: Emulator; server: TestServer }> {
    const emulator = await createEmulator({ clock: 'manual' });
    onTestFinished(() => emulator.close());
    const server = await start({ clock: emulator.now });
    const url = server.url + PATH;
    await emulator.subscriptions.create({ name: 'app', types: [TYPE], url, signatureKey: KEY });
    return { emulator, server };
  }

  async function statuses(emulator: Emulator): Promise<readonly (number | undefined)[]> {
    await emulator.trigger(TYPE);
    await emulator.advanceTime(ALL_RETRIES_MS);
    const attempts = await emulator.attempts();
    // A duplicate may arrive while the first delivery is being handled. Then it comes once more.
    const settled = attempts.filter(({ response }) => !response?.body.includes('IN_PROGRESS'));
    return settled.map(({ response }) => response?.status);
  }

  test('an event that fails comes again, and is handled once', async () => {
    const { emulator, server } = await subscribe();
    const attempts: number[] = [];
    server.receiver.on(TYPE, (_event, { attempt }) => {
      attempts.push(attempt);
      if (attempt < 3) throw new Error('not yet');
    });
    expect(await statuses(emulator)).toEqual([500, 500, 200]);
    expect(attempts).toEqual([1, 2, 3]);
  });

  test('an event that fails each time is a dead letter after its last retry', async () => {
    const { emulator, server } = await subscribe();
    const dead: string[] = [];
    server.receiver.on(TYPE, () => Promise.reject(new Error('never')));
    server.receiver.onDeadLetter(({ reason }) => dead.push(reason));
    expect(await statuses(emulator)).toEqual([500, 500, 500, 500]);
    expect(dead).toEqual(['attempts-exhausted']);
  });

  test('an event that failed permanently does not come again', async () => {
    const { emulator, server } = await subscribe();
    server.receiver.on(TYPE, () => {
      throw new PermanentError();
    });
    expect(await statuses(emulator)).toEqual([422]);
  });

  test.each(FAULTS)('fault %s', async (kind, expected, runs) => {
    const { emulator, server } = await subscribe();
    let count = 0;
    server.receiver.on(TYPE, () => void count++);
    await emulator.faults.add({
      api: 'delivery',
      match: { attempt: 1 },
      count: 1,
      action: { kind } as DeliveryFaultAction,
    });
    expect(await statuses(emulator)).toEqual(expected);
    expect(count).toBe(runs);
  });
}
