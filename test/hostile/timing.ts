// pnpm --dir test/hostile timing [--samples 200000]
// Measures whether the time to reject tells how many leading characters of a signature are right. It takes samples with no
// right character and with 42, alternates them, leaves out the slowest 5 %, and compares them by Welch's t. As in dudect, |t|
// over 4.5 counts as a leak, and it exits with 1. With 200,000 samples it notices about 25 ns and more.
import { parseArgs } from 'node:util';
import { sign, verifySignature } from '@showpad-webhooks/core';

const LEAK = 4.5;
const { values } = parseArgs({ options: { samples: { type: 'string', default: '200000' } } });
const samples = Number(values.samples);
const KEY = 'timing-key';
const BODY = Buffer.from(JSON.stringify({ type: 'x', id: '1', data: 'x'.repeat(200) }));
const timestamp = Math.floor(Date.now() / 1_000);
const right = sign(BODY, KEY, timestamp);

const replaceAt = (text: string, at: number) =>
  `${text.slice(0, at)}${text[at] === 'A' ? 'B' : 'A'}${text.slice(at + 1)}`;
// Each has one wrong character: the first, or the last before the padding.
const classes = [replaceAt(right, 0), replaceAt(right, 42)].map((signature) => ({
  'x-showpad-signature-v1': signature,
  'x-showpad-signature-timestamp': String(timestamp),
}));

function timeToRefuse(headers: Record<string, string>): number {
  const startedAt = process.hrtime.bigint();
  try {
    verifySignature({ body: BODY, headers, keys: KEY, toleranceSeconds: 1e9 });
  } catch {
    return Number(process.hrtime.bigint() - startedAt);
  }
  throw new Error('A wrong signature was accepted.');
}

const times: [number[], number[]] = [[], []];
for (let index = -20_000; index < samples; index++) {
  // The order is random, so that neither profits from the caches of the other.
  const first = Math.random() < 0.5 ? 0 : 1;
  for (const which of [first, 1 - first] as const) {
    const time = timeToRefuse(classes[which] as Record<string, string>);
    if (index >= 0) times[which as 0 | 1].push(time);
  }
}

const limit = [...times[0], ...times[1]].sort((a, b) => a - b)[Math.floor(samples * 2 * 0.95)] ?? 0;
const [none, almostAll] = times.map((list) => describe(list.filter((time) => time <= limit))) as [
  Summary,
  Summary,
];
const t =
  (none.mean - almostAll.mean) / Math.sqrt(none.variance / none.count + almostAll.variance / almostAll.count);
console.log(`none right:  mean ${none.mean.toFixed(1)} ns of ${none.count}`);
console.log(`42 right:    mean ${almostAll.mean.toFixed(1)} ns of ${almostAll.count}`);
console.log(`Welch's t = ${t.toFixed(2)}, and a leak begins at ±${LEAK}`);
process.exitCode = Math.abs(t) < LEAK ? 0 : 1;

interface Summary {
  readonly count: number;
  readonly mean: number;
  readonly variance: number;
}

function describe(list: readonly number[]): Summary {
  const count = list.length;
  const mean = list.reduce((sum, time) => sum + time, 0) / count;
  const variance = list.reduce((sum, time) => sum + (time - mean) ** 2, 0) / (count - 1);
  return { count, mean, variance };
}
