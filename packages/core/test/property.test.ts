import { runInNewContext } from 'node:vm';
import {
  createReceiver,
  parseEvent,
  SIGNATURE_HEADER as SIGNATURE,
  sign,
  TIMESTAMP_HEADER as TIMESTAMP,
  verifySignature,
} from '@showpad-webhooks/core';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { KEY, NOW_MS, TYPE } from './support.ts';

const NOW_SECONDS = NOW_MS / 1000;

// By default the runs are few, and the same each time. PROPERTY_RUNS asks for more, which differ each time.
const { PROPERTY_RUNS } = process.env;
const RUNS = PROPERTY_RUNS ? { numRuns: Number(PROPERTY_RUNS) } : { seed: 20_260_115, numRuns: 200 };

const holds = (property: fc.IRawProperty<unknown>) => fc.assert(property as fc.IProperty<unknown>, RUNS);

const bytes = fc.uint8Array({ maxLength: 300 });
const key = fc
  .string({ unit: 'binary', minLength: 1, maxLength: 40 })
  .filter((text) => text.trim() === text && text !== '');
const timestampSeconds = fc.integer({ min: 1, max: 999_999_999_999_999 });

/** A name with each letter in upper or lower case. */
const inAnyCase = (name: string) => fc.mixedCase(fc.constant(name));

describe('a signature', () => {
  test('always verifies: any bytes, key and time, header names in any case and order, and other signatures next to it', async () => {
    const names = fc.tuple(inAnyCase(SIGNATURE), inAnyCase(TIMESTAMP), fc.boolean());
    await holds(
      fc.property(
        bytes,
        key,
        fc.array(key, { maxLength: 4 }),
        timestampSeconds,
        names,
        (body, own, others, time, given) => {
          const [signatureName, timestampName, isReversed] = given;
          const entries = [
            [signatureName, [...others, own].map((each) => sign(body, each, time)).join(',')],
            [timestampName, String(time)],
          ];
          const headers = Object.fromEntries(isReversed ? entries.reverse() : entries);
          const keys = [{ label: 'own', key: own }];
          expect(verifySignature({ body, headers, keys, nowMs: time * 1000 })).toEqual({
            keyLabel: 'own',
            timestampSeconds: time,
          });
        },
      ),
    );
  });

  test('never verifies if one bit is flipped in the body, the timestamp or the signature', async () => {
    const part = fc.constantFrom('body', TIMESTAMP, SIGNATURE);
    await holds(
      fc.property(bytes, key, part, fc.nat(), (body, own, flipped, place) => {
        fc.pre(flipped !== 'body' || body.length > 0);
        const sound = {
          body: Buffer.from(body),
          [TIMESTAMP]: Buffer.from(String(NOW_SECONDS)),
          [SIGNATURE]: Buffer.from(sign(body, own, NOW_SECONDS)),
        };
        const target = sound[flipped] as Buffer;
        const bit = place % (target.length * 8);
        target.writeUInt8(target.readUInt8(bit >> 3) ^ (1 << (bit & 7)), bit >> 3);
        const headers = {
          [TIMESTAMP]: sound[TIMESTAMP]?.toString('latin1'),
          [SIGNATURE]: sound[SIGNATURE]?.toString('latin1'),
        };
        const verify = () =>
          verifySignature({ body: sound.body, headers, keys: own, nowMs: NOW_MS, toleranceSeconds: 1e15 });
        expect(verify).toThrow(
          expect.objectContaining({ code: expect.stringMatching(/^(SIGNATURE|TIMESTAMP)_/) }),
        );
      }),
    );
  });
});

describe('receive', () => {
  const STATUSES = [200, 400, 401, 405, 413, 415, 500, 503];
  const junk = fc.anything({ maxDepth: 2, withNullPrototype: true, withBigInt: true, withSparseArray: true });
  const name = fc.oneof(
    fc.constantFrom(SIGNATURE, TIMESTAMP, 'content-length', 'content-encoding', 'get', '__proto__'),
    fc.string(),
  );
  const headers = fc.oneof(junk, fc.dictionary(name, fc.oneof(junk, fc.string(), fc.array(fc.string()))));
  const request = fc.oneof(
    junk,
    fc.record({
      method: fc.oneof({ weight: 9, arbitrary: fc.constantFrom('POST', 'GET') }, junk),
      headers,
      url: fc.oneof(fc.webPath(), junk),
      body: fc.oneof(bytes, junk, fc.func(junk)),
    }),
  );
  const isAnswer = (receipt: { response: { status: number; body: string } }) => {
    expect(STATUSES).toContain(receipt.response.status);
    expect(JSON.parse(receipt.response.body)).toHaveProperty('outcome');
  };

  test('never rejects, and answers as the table of codes says, whatever it gets', async () => {
    const receiver = createReceiver({ keys: KEY, methods: ['POST', 'GET'], clock: () => NOW_MS });
    await holds(fc.asyncProperty(request, async (given) => isAnswer(await receiver.receive(given as never))));
  });

  test('never rejects for any authentic body', async () => {
    const receiver = createReceiver({ keys: KEY, clock: () => NOW_MS }).onAny(() => {});
    const event = fc.record(
      {
        type: fc.oneof(fc.constant(TYPE), fc.string(), junkJson()),
        id: fc.oneof(fc.string(), junkJson()),
        time: junkJson(),
        data: junkJson(),
      },
      { requiredKeys: [] },
    );
    const body = fc.oneof(
      bytes,
      fc.json().map(utf8),
      event.map((value) => utf8(JSON.stringify(value))),
    );
    await holds(
      fc.asyncProperty(body, async (given) => {
        const signed = { [SIGNATURE]: sign(given, KEY, NOW_SECONDS), [TIMESTAMP]: String(NOW_SECONDS) };
        const receipt = await receiver.receive({ method: 'POST', headers: signed, body: given });
        expect([200, 400]).toContain(receipt.response.status);
        isAnswer(receipt);
      }),
    );
  });
});

test('parseEvent returns nothing that pollutes Object.prototype when it is merged', async () => {
  const hostileKey = fc.constantFrom('__proto__', 'constructor', 'prototype', 'a');
  const { tree } = fc.letrec((tie) => ({
    tree: fc.oneof({ maxDepth: 5 }, fc.constant('polluted'), tie('node')),
    node: fc.array(fc.tuple(hostileKey, tie('tree')), { maxLength: 4 }).map((entries) => entries as unknown),
  }));
  /** JSON text, because an object literal cannot have some of these names twice, or at all. */
  const toJson = (value: unknown): string =>
    Array.isArray(value)
      ? `{${value.map(([name, child]) => `${JSON.stringify(name)}:${toJson(child)}`).join(',')}}`
      : JSON.stringify(value);
  await holds(
    fc.property(tree, (value) => {
      // Each case has a realm of its own, so that what goes wrong in one does not reach the next.
      const createObject = runInNewContext('() => ({})');
      const prototype = Object.getPrototypeOf(createObject());
      const before = Object.getOwnPropertyNames(prototype);
      merge(createObject(), parseEvent(`{"type":"x","id":"1","data":${toJson(value)}}`), createObject);
      expect(Object.getOwnPropertyNames(prototype)).toEqual(before);
    }),
  );
});

/** A deep merge as careless code writes it. */
function merge(target: Record<string, unknown>, source: object, createObject: () => object): void {
  for (const [name, value] of Object.entries(source)) {
    if (typeof value === 'object' && value !== null) {
      if (Object(target[name]) !== target[name]) target[name] = createObject();
      merge(target[name] as Record<string, unknown>, value, createObject);
    } else {
      target[name] = value;
    }
  }
}

function junkJson(): fc.Arbitrary<unknown> {
  return fc.jsonValue({ maxDepth: 2 });
}

function utf8(text: string): Uint8Array {
  return Buffer.from(text, 'utf8');
}
