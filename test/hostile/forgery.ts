// pnpm --dir test/hostile forgery
// Measures what it costs to reject a forged delivery, as a multiple of accepting one with a single key: with a list of keys,
// and with a resolver that chooses one by a header. It exits with 1 if rejecting with a resolver costs more than 3 times as
// much as rejecting with a single key. Figures are medians of alternating rounds, without a ledger and a log.
import { createReceiver, type Receiver, type SignatureKeys } from '@showpad-webhooks/core';
import { signedDelivery } from '@showpad-webhooks/core/testing';

const ROUNDS = 15;
const PER_ROUND = 300;
const BODY = Buffer.from(JSON.stringify({ type: 'x', id: '1', data: 'x'.repeat(1_000) }));
const COUNTS = [1, 10, 100, 1_000];

interface Subject {
  readonly name: string;
  readonly receiver: Receiver;
  readonly key: string;
}

const keysOf = (count: number) => Array.from({ length: count }, (_, index) => `signature-key-${index}`);
// On a slow machine a round may take longer than a delivery is accepted.
const receiverOf = (keys: SignatureKeys) => createReceiver({ keys, ledger: false, toleranceSeconds: 1e9 });
const byHeader = (count: number): SignatureKeys => {
  const keys = new Map(keysOf(count).map((key, index) => [String(index), key]));
  return ({ headers }) => keys.get(headers['x-subscription'] ?? '') ?? [];
};

const subjects: Subject[] = COUNTS.flatMap((count) => [
  {
    name: `accept, list of ${count}, used before`,
    receiver: receiverOf(keysOf(count)),
    key: `signature-key-${count - 1}`,
  },
  { name: `reject, list of ${count}`, receiver: receiverOf(keysOf(count)), key: 'a-forger' },
  { name: `reject, resolver of ${count}`, receiver: receiverOf(byHeader(count)), key: 'a-forger' },
]);

const samples = new Map<string, number[]>(subjects.map(({ name }) => [name, []]));
for (let round = -2; round < ROUNDS; round++) {
  for (const { name, receiver, key } of subjects) {
    const { method, headers } = signedDelivery({ body: BODY }, { key, headers: { 'x-subscription': '0' } });
    const startedAt = process.hrtime.bigint();
    for (let count = 0; count < PER_ROUND; count++) await receiver.receive({ method, headers, body: BODY });
    const microseconds = Number(process.hrtime.bigint() - startedAt) / PER_ROUND / 1_000;
    if (round >= 0) samples.get(name)?.push(microseconds);
  }
}

const median = (values: number[]) => values.sort((a, b) => a - b)[values.length >> 1] ?? Number.NaN;
const base = median(samples.get('accept, list of 1, used before') ?? []);
for (const [name, values] of samples) {
  const middle = median(values);
  console.log(
    `${name.padEnd(36)} ${(middle / base).toFixed(2).padStart(8)} × ${middle.toFixed(1).padStart(9)} µs`,
  );
}

const MOST = 3;
const single = median(samples.get('reject, list of 1') ?? []);
const worst = Math.max(...COUNTS.map((count) => median(samples.get(`reject, resolver of ${count}`) ?? [])));
console.log(
  `\nRejecting with a resolver takes at most ${(worst / single).toFixed(2)} × as long as with a single key. The limit is ${MOST} ×.`,
);
process.exitCode = worst <= MOST * single ? 0 : 1;
