import { inspect } from 'node:util';
import {
  createMemoryLedger,
  createReceiver,
  type LedgerReceiverOptions,
  PermanentError,
  SIGNATURE_HEADER,
  sign,
  TIMESTAMP_HEADER,
  verifySignature,
  type WebhookRequest,
} from '@showpad-webhooks/core';
import { signedDelivery } from '@showpad-webhooks/core/testing';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { z } from 'zod';
import {
  type CommonProbeOptions,
  memoryLogger,
  NOW_MS,
  probe,
  settled,
  startTime,
  stopTime,
  TYPE,
} from './support.ts';

beforeEach(stopTime);
afterEach(startTime);

const KEY = 'key-that-must-never-show';
const VALUE = 'payload-that-must-never-show';
const timestampSeconds = NOW_MS / 1000;
const event = { type: TYPE, id: 'event-1', data: { email: VALUE } };
const sound = signedDelivery(event, { key: KEY, timestampSeconds });
const SIGNATURE = sign(sound.body, KEY, timestampSeconds);
const SECRETS = [
  KEY,
  VALUE,
  SIGNATURE,
  ...[KEY, VALUE].flatMap((text) => [
    Buffer.from(text).toString('hex'),
    Buffer.from(text).toString('base64'),
    Buffer.from(text)
      .toString('hex')
      .replace(/..(?!$)/g, '$& '),
  ]),
  Buffer.from(SIGNATURE, 'base64').toString('hex'),
];

const signed = (body: string) => signedDelivery({ body }, { key: KEY, timestampSeconds });
const withHeaders = (more: Record<string, string>) => ({ headers: { ...sound.headers, ...more } });
const down = () => Promise.reject(new Error('The CRM is down.'));

const handledBy = (handler: () => unknown): CommonProbeOptions => ({ on: { [TYPE]: handler } });
const fullLedger = createMemoryLedger({ maxEntries: 1 });
fullLedger.claim({ key: 'another', bodyDigest: 1, leaseMs: 10_000 });

const outcomes: [
  answer: string,
  change: Partial<WebhookRequest>,
  options?: CommonProbeOptions & LedgerReceiverOptions,
][] = [
  ['200 handled', {}, handledBy(() => {})],
  ['200 ignored', {}],
  ['401 SIGNATURE_MISSING', { headers: {} }],
  ['401 SIGNATURE_MALFORMED', withHeaders({ [SIGNATURE_HEADER]: `v1=${KEY}` })],
  ['401 SIGNATURE_MISMATCH', signedDelivery(event, { key: 'another key', timestampSeconds })],
  ['401 TIMESTAMP_MISSING', withHeaders({ [TIMESTAMP_HEADER]: '' })],
  ['401 TIMESTAMP_MALFORMED', withHeaders({ [TIMESTAMP_HEADER]: VALUE })],
  ['401 TIMESTAMP_TOO_OLD', signedDelivery(event, { key: KEY, timestampSeconds: timestampSeconds - 301 })],
  ['503 CLOCK_SUSPECT', signedDelivery(event, { key: KEY, timestampSeconds: timestampSeconds + 301 })],
  ['400 BODY_INVALID', signed(`{"email": ${VALUE}}`)],
  ['400 BODY_INVALID', signed(`"${VALUE}"`)],
  ['400 EVENT_INVALID', signed(`{"type": {"email":"${VALUE}"}, "id": "${VALUE}"}`)],
  ['405 METHOD_NOT_ALLOWED', { method: 'PUT' }],
  ['413 BODY_TOO_LARGE', {}, { maxBodyBytes: 10 }],
  ['415 ENCODING_UNSUPPORTED', withHeaders({ 'content-encoding': 'gzip' })],
  [
    '422 PERMANENT_FAILURE',
    {},
    handledBy(() => Promise.reject(new PermanentError('There is no such deal.'))),
  ],
  ['500 HANDLER_FAILED', {}, handledBy(down)],
  [
    '500 HANDLER_FAILED',
    {},
    { ...handledBy(() => {}), schemas: { [TYPE]: z.object({ email: z.literal('a'), extra: z.number() }) } },
  ],
  ['503 HANDLER_TIMEOUT', {}, handledBy(() => new Promise(() => {}))],
  ['503 LEDGER_FAILED', {}, { ...handledBy(() => {}), ledger: fullLedger }],
  ['503 KEY_LOOKUP_FAILED', {}, { keys: () => ` ${KEY}` }],
  ['503 KEY_LOOKUP_FAILED', {}, { keys: () => ({ label: '', key: KEY }) }],
  ['503 KEY_LOOKUP_FAILED', {}, { keys: () => Array(21).fill(KEY) }],
  ['503 RAW_BODY_UNAVAILABLE', { body: { email: VALUE } as never }],
  ['503 RAW_BODY_UNAVAILABLE', { body: VALUE as never }],
];

/** Checks what could end up in a log, with a sender or in an error tracker. */
function expectNoSecretIn(texts: readonly string[]): void {
  for (const text of texts) {
    expect(text).not.toBe('');
    for (const secret of SECRETS) expect(text).not.toContain(secret);
  }
}

const inspectAll = (value: unknown) => inspect(value, { depth: Number.POSITIVE_INFINITY, showHidden: true });

describe('no key, no payload and no expected signature shows', () => {
  test.each(outcomes)('%s %#', async (answer, change, options) => {
    const { logger, lines } = memoryLogger();
    const { receiver, errors, rejected } = probe({ keys: KEY, logger, ...options });
    const receiving = receiver.receive({ ...sound, ...change });
    await settled();
    await vi.advanceTimersByTimeAsync(10_000);
    const { response, outcome, error } = await receiving;
    expect(`${response.status} ${error?.code ?? outcome}`).toBe(answer);
    // A type that no handler takes has a line of its own.
    expect(lines).toHaveLength(outcome === 'ignored' ? 2 : 1);
    expectNoSecretIn([
      JSON.stringify(lines),
      JSON.stringify(response),
      inspectAll(receiver),
      ...[error, ...errors, ...rejected]
        .filter((each) => each !== undefined)
        .flatMap((each) => [
          JSON.stringify(each),
          inspectAll(each),
          each.message,
          each.hint,
          String(each.stack),
        ]),
    ]);
  });

  test('if a duplicate comes with another body, or after close', async () => {
    const { logger, lines } = memoryLogger();
    const { receiver, errors } = probe({ keys: KEY, logger, ...handledBy(() => {}) });
    const responses = [await receiver.receive(sound)];
    responses.push(
      await receiver.receive(signedDelivery(event, { key: KEY, timestampSeconds, data: [VALUE] })),
    );
    await receiver.close();
    responses.push(await receiver.receive(sound));
    expect(responses.map(({ error, outcome }) => error?.code ?? outcome)).toEqual([
      'handled',
      'duplicate',
      'CLOSED',
    ]);
    expect(errors.map(({ code }) => code)).toEqual(['EVENT_CONFLICT', 'CLOSED']);
    expectNoSecretIn([
      JSON.stringify(lines),
      ...responses.map(({ response }) => JSON.stringify(response)),
      ...errors.map(inspectAll),
    ]);
  });

  test.each([` ${KEY}`, [KEY, { label: '', key: KEY }], [{ label: 'a', key: `${KEY}\n` }]])(
    'in what is thrown for wrong keys: case %#',
    (keys) => {
      for (const call of [
        () => createReceiver({ keys: keys as string }),
        () => verifySignature({ ...sound, keys: keys as string, nowMs: NOW_MS }),
      ]) {
        let thrown: unknown;
        try {
          call();
        } catch (error) {
          thrown = error;
        }
        expect(thrown).toBeInstanceOf(TypeError);
        expectNoSecretIn([inspectAll(thrown)]);
      }
    },
  );
});

test('what your own code threw is kept complete, as the cause', async () => {
  const thrown = new Error(`The CRM does not accept ${VALUE}.`);
  const { receiver } = probe({ keys: KEY, ...handledBy(() => Promise.reject(thrown)) });
  const { error, response } = await receiver.receive(sound);
  expect(error?.cause).toBe(thrown);
  expectNoSecretIn([
    JSON.stringify(error),
    String(error?.message),
    String(error?.hint),
    JSON.stringify(response),
  ]);
});
