// pnpm --dir test/hostile fuzz [--seconds 60] [--seed 1]
// Inputs begin as those of the catalogue and are mutated. They are kept if V8 reports code of core that ran for the first
// time. Each is received as it is, and with a right signature. If `receive` rejects, or gives a status that is not in the
// table, the input is printed and the run exits with 1.
import { type Profiler, Session } from 'node:inspector/promises';
import { parseArgs } from 'node:util';
import {
  createReceiver,
  SIGNATURE_HEADER,
  TIMESTAMP_HEADER,
  type WebhookRequest,
} from '@showpad-webhooks/core';
import { signedDelivery } from '@showpad-webhooks/core/testing';
import { DELIVERIES } from './src/catalogue.ts';
import { event, KEY } from './src/entry.ts';

const STATUSES = [200, 400, 401, 405, 413, 415];
const LARGEST_SEED_BYTES = 4_096;
const PER_COVERAGE = 20;

const { values } = parseArgs({
  options: { seconds: { type: 'string', default: '60' }, seed: { type: 'string', default: '1' } },
});

interface Input {
  readonly body: Buffer;
  readonly signature: Buffer;
  readonly timestamp: Buffer;
  readonly isSigned: boolean;
}

let state = Number(values.seed) || 1;
function random(below: number): number {
  state ^= state << 13;
  state ^= state >>> 17;
  state ^= state << 5;
  return (state >>> 0) % below;
}

const WORDS = [
  '__proto__',
  'constructor',
  'prototype',
  '\\u005f',
  '{',
  '}',
  '[',
  ']',
  '"',
  ',',
  ':',
  '\0',
  '\uFEFF',
  '1e999',
  '-0',
  '"type":"x"',
  '"id":"1"',
  '"time":"2022-11-30"',
  '=',
  ' ',
  '\t',
  'v1=',
].map((word) => Buffer.from(word));

function mutate(bytes: Buffer, other: Buffer): Buffer {
  const at = random(bytes.length + 1);
  const [before, after] = [bytes.subarray(0, at), bytes.subarray(at)];
  switch (random(6)) {
    case 0:
      return Buffer.concat([before, Buffer.from([random(256)]), after.subarray(1)]);
    case 1:
      return Buffer.concat([before, after.subarray(1 + random(8))]);
    case 2:
      return Buffer.concat([before, WORDS[random(WORDS.length)] as Buffer, after]);
    case 3:
      return Buffer.concat([before, other.subarray(random(other.length + 1))]);
    case 4:
      return Buffer.concat([bytes, before]);
    default:
      return Buffer.concat([before, after.subarray(0, random(16)), after]);
  }
}

const receiver = createReceiver({ keys: KEY, ledger: false }).onAny(() => {});

async function receive({ body, signature, timestamp, isSigned }: Input): Promise<number> {
  const headers = isSigned
    ? signedDelivery({ body }, { key: KEY }).headers
    : { [SIGNATURE_HEADER]: signature.toString('latin1'), [TIMESTAMP_HEADER]: timestamp.toString('latin1') };
  const request: WebhookRequest = { method: 'POST', headers, body };
  return (await receiver.receive(request)).response.status;
}

const session = new Session();
session.connect();
await session.post('Profiler.enable');
await session.post('Profiler.startPreciseCoverage', { callCount: true, detailed: true });
const seen = new Set<string>();

/** Counts the blocks of core's source that ran for the first time. Each call starts a new count. */
async function newBlocks(): Promise<number> {
  const { result } = (await session.post(
    'Profiler.takePreciseCoverage',
  )) as Profiler.TakePreciseCoverageReturnType;
  const before = seen.size;
  for (const { url, functions } of result.filter(({ url }) => url.includes('/packages/core/src/'))) {
    for (const { ranges } of functions) {
      for (const { startOffset, endOffset, count } of ranges)
        if (count > 0) seen.add(`${url}:${startOffset}-${endOffset}`);
    }
  }
  return seen.size - before;
}

const good = signedDelivery({ body: event(1) }, { key: KEY });
const corpus: Input[] = DELIVERIES.flatMap(({ body, headers }) => {
  const bytes = typeof body === 'function' ? Buffer.alloc(0) : (body ?? event(1));
  const changed = headers?.(good.headers) ?? good.headers;
  const bytesOf = (name: string) =>
    Buffer.from(String(changed[name] ?? ''), 'latin1').subarray(0, LARGEST_SEED_BYTES);
  const parts = {
    body: bytes.subarray(0, LARGEST_SEED_BYTES),
    signature: bytesOf(SIGNATURE_HEADER),
    timestamp: bytesOf(TIMESTAMP_HEADER),
  };
  return [
    { ...parts, isSigned: true },
    { ...parts, isSigned: false },
  ];
});
for (const input of corpus) await receive(input);
await newBlocks();
const blocksOfCatalogue = seen.size;

let executions = 0;
const endsAt = Date.now() + Number(values.seconds) * 1_000;
while (Date.now() < endsAt) {
  const batch = Array.from({ length: PER_COVERAGE }, () => {
    const input = corpus[random(corpus.length)] as Input;
    const other = corpus[random(corpus.length)] as Input;
    return {
      body: mutate(input.body, other.body).subarray(0, 4 * LARGEST_SEED_BYTES),
      signature: mutate(input.signature, other.signature).subarray(0, LARGEST_SEED_BYTES),
      timestamp: random(2)
        ? input.timestamp
        : mutate(input.timestamp, other.timestamp).subarray(0, LARGEST_SEED_BYTES),
      isSigned: random(2) === 0,
    };
  });
  for (const input of batch) {
    executions++;
    const status = await receive(input).catch((error: unknown) => error);
    if (!STATUSES.includes(status as number)) {
      console.error(
        'FOUND',
        status,
        JSON.stringify(input, (_key, value) =>
          value?.type === 'Buffer' ? Buffer.from(value.data).toString('base64') : value,
        ),
      );
      process.exit(1);
    }
  }
  if ((await newBlocks()) > 0) corpus.push(...batch);
}
console.log(
  `${executions} executions, ${corpus.length} inputs kept, ${blocksOfCatalogue} blocks of core by the catalogue, ${seen.size} in all, nothing found`,
);
