import { createMemoryLedger, createReceiver, SIGNATURE_HEADER } from '@showpad-webhooks/core';
import { type Case, compare, type Pace, type Timing } from '../measure.ts';
import { TABLES } from '../names.ts';
import { KEY } from '../peers.ts';
import { deliveries, type Incoming, ourPipeline } from '../receivers.ts';
import type { Result } from '../results.ts';
import { ratios } from '../timing-results.ts';
import { createFilledLedger } from './ledger.ts';

const BYTES = 1_024;
/** It has the right length and form, and matches no body. */
const WRONG_SIGNATURE = `${'A'.repeat(43)}=`;

/** Measures what receive() costs with more keys, handlers, remembered events or signatures. */
export async function measureGrowth(pace: Pace): Promise<Result[]> {
  return [
    ...(await measureKeys(pace)),
    ...(await measureHandlers(pace)),
    ...(await measureLedgerSize(pace)),
    ...(await measureSignatures(pace)),
  ];
}

type Match = 'the first key matches' | 'the last key matches, and did before' | 'no key matches';
const MATCHES: readonly Match[] = [
  'the first key matches',
  'the last key matches, and did before',
  'no key matches',
];

async function measureKeys(pace: Pace): Promise<Result[]> {
  const results: Result[] = [];
  const one = { ...keysCase(1, 'the first key matches'), name: 'one key' };
  for (const match of MATCHES) {
    for (const count of [1, 10, 100, 1_000]) {
      const [, timing] = await compare([one, keysCase(count, match)], pace);
      results.push(...ratios(TABLES.keys, match, [timing as Timing]));
    }
  }
  return results;
}

/** If the last key matches, the rounds that warm the code up find it once by trying all keys. */
function keysCase(count: number, match: Match): Case<Incoming> {
  const others = Array.from({ length: count - 1 }, (_, index) => ({
    label: `${index}`,
    key: `key-${index}`,
  }));
  const right = { label: 'right', key: match === 'no key matches' ? 'another-key' : KEY };
  const receiver = createReceiver({
    keys: match === 'the first key matches' ? [right, ...others] : [...others, right],
    on: { 'shared-space-user-added': () => {} },
    ledger: createMemoryLedger({ maxEntries: 10_000 }),
  });
  return {
    name: counted(count, 'key'),
    inputs: (wanted) => deliveries(wanted, BYTES),
    run: ({ headers, body }) => receiver.receive({ method: 'POST', headers, body }),
  };
}

async function measureHandlers(pace: Pace): Promise<Result[]> {
  const cases = [1, 10, 100].map((handlers) => ({
    ...ourPipeline({ bytes: BYTES, handlers }),
    name: counted(handlers, 'handler'),
  }));
  return ratios('Number of handlers', 'receive()', await compare(cases, pace));
}

async function measureLedgerSize(pace: Pace): Promise<Result[]> {
  const cases = [0, 1e5, 1e6].map((ids) => ({
    ...ourPipeline({ bytes: BYTES, ledger: createFilledLedger(ids) }),
    name: counted(ids, 'id'),
  }));
  return ratios('Size of the ledger', 'receive()', await compare(cases, pace));
}

async function measureSignatures(pace: Pace): Promise<Result[]> {
  const receiver = createReceiver({ keys: KEY, on: { 'shared-space-user-added': () => {} } });
  const cases = [1, 5, 10].map(
    (count): Case<Incoming> => ({
      name: counted(count, 'signature'),
      inputs: (wanted) =>
        deliveries(wanted, BYTES).map(({ headers, body }) => {
          const wrong = new Array<string>(count - 1).fill(WRONG_SIGNATURE);
          const list = [...wrong, headers[SIGNATURE_HEADER]].join(',');
          return { body, headers: { ...headers, [SIGNATURE_HEADER]: list } };
        }),
      run: ({ headers, body }) => receiver.receive({ method: 'POST', headers, body }),
    }),
  );
  return ratios('Number of signatures', 'receive()', await compare(cases, pace));
}

function counted(count: number, noun: string): string {
  return `${count.toLocaleString('en')} ${noun}${count === 1 ? '' : 's'}`;
}
