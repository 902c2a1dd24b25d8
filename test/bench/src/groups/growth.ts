import { createMemoryLedger, createReceiver } from '@showpad-webhooks/core';
import { type Case, compare, type Pace, type Timing } from '../measure.ts';
import { KEY } from '../peers.ts';
import { deliveries, type Incoming, ourPipeline } from '../receivers.ts';
import type { Result } from '../results.ts';
import { createFilledLedger } from './ledger.ts';

const BYTES = 1_024;

/** What more of something costs a delivery of 1 kB, to one of it. */
export async function measureGrowth(pace: Pace): Promise<Result[]> {
  return [
    ...(await measureKeys(pace)),
    ...(await measureHandlers(pace)),
    ...(await measureLedgerSize(pace)),
    ...(await measureSignatures(pace)),
  ];
}

async function measureKeys(pace: Pace): Promise<Result[]> {
  const results: Result[] = [];
  const one = keysCase(1, 'first');
  for (const place of ['first', 'last, used before', 'none'] as const) {
    for (const count of [1, 10, 100, 1_000]) {
      const [, timing] = await compare([{ ...one, name: '1' }, keysCase(count, place)], pace);
      results.push(...toResults('keys', place, [timing as Timing]));
    }
  }
  return results;
}

/** Where the right key stands in the list. The last is found once by trying all, in the rounds that warm the code. */
function keysCase(count: number, place: 'first' | 'last, used before' | 'none'): Case<Incoming> {
  const others = Array.from({ length: count - 1 }, (_, index) => ({
    label: `${index}`,
    key: `key-${index}`,
  }));
  const right = { label: 'right', key: place === 'none' ? 'another-key' : KEY };
  const receiver = createReceiver({
    keys: place === 'first' ? [right, ...others] : [...others, right],
    on: { 'shared-space-user-added': () => {} },
    ledger: createMemoryLedger({ maxEntries: 10_000 }),
  });
  return {
    name: `${count.toLocaleString('en')} ${count === 1 ? 'key' : 'keys'}`,
    inputs: (wanted) => deliveries(wanted, BYTES),
    run: ({ headers, body }) => receiver.receive({ method: 'POST', headers, body }),
  };
}

async function measureHandlers(pace: Pace): Promise<Result[]> {
  const cases = [1, 10, 100].map((handlers) => ({
    ...ourPipeline({ bytes: BYTES, handlers }),
    name: handlers === 1 ? '1 handler' : `${handlers} handlers`,
  }));
  return toResults('handlers', 'receive()', await compare(cases, pace));
}

async function measureLedgerSize(pace: Pace): Promise<Result[]> {
  const cases = [0, 1e5, 1e6].map((ids) => ({
    ...ourPipeline({ bytes: BYTES, ledger: createFilledLedger(ids) }),
    name: `${ids.toLocaleString('en')} ids`,
  }));
  return toResults('ledger size', 'receive()', await compare(cases, pace));
}

async function measureSignatures(pace: Pace): Promise<Result[]> {
  const receiver = createReceiver({ keys: KEY, on: { 'shared-space-user-added': () => {} } });
  const cases = [1, 5, 10].map(
    (count): Case<Incoming> => ({
      name: count === 1 ? '1 signature' : `${count} signatures`,
      inputs: (wanted) =>
        deliveries(wanted, BYTES).map(({ headers, body }) => {
          const right = headers['x-showpad-signature-v1'] as string;
          const list = [...new Array<string>(count - 1).fill(`${'A'.repeat(43)}=`), right];
          return { body, headers: { ...headers, 'x-showpad-signature-v1': list.join(',') } };
        }),
      run: ({ headers, body }) => receiver.receive({ method: 'POST', headers, body }),
    }),
  );
  return toResults('signatures', 'receive()', await compare(cases, pace));
}

function toResults(group: string, at: string, timings: readonly Timing[]): Result[] {
  return timings.map(({ name, ratio }) => ({ group, name, at, value: ratio, unit: '×' }));
}
