import { type Ledger, parseEvent, sign, verifySignature, type WebhookRequest } from '@showpad-webhooks/core';
import { signedDelivery } from '@showpad-webhooks/core/testing';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { KEY, probe } from './support.ts';

// Short, and the same each time; `pnpm --dir test/hostile properties` runs far more.
fc.configureGlobal({ seed: 20261123, numRuns: 200 });

const NOW_SECONDS = 1_700_000_000;
const aKey = fc
  .string({ unit: 'binary', minLength: 1, maxLength: 60 })
  .filter((key) => key.trim() === key && key !== '');
const aBody = fc.uint8Array({ maxLength: 300 });
const aCase = fc.func(fc.boolean());

/** Any case for each letter of the names, and any order among other headers. */
const someHeaders = (headers: Record<string, string>) =>
  fc
    .tuple(aCase, fc.dictionary(fc.stringMatching(/^other-[a-z]{1,8}$/), fc.string()), fc.boolean())
    .map(([isUpper, others, isFirst]) => {
      const renamed = Object.entries(headers).map(([name, value]) => [
        [...name].map((letter, index) => (isUpper(index) ? letter.toUpperCase() : letter)).join(''),
        value,
      ]);
      const rest = Object.entries(others);
      return Object.fromEntries(isFirst ? [...renamed, ...rest] : [...rest, ...renamed]) as Record<
        string,
        string
      >;
    });

const signedHeaders = (body: Uint8Array, key: string) => ({
  'x-showpad-signature-v1': sign(body, key, NOW_SECONDS),
  'x-showpad-signature-timestamp': String(NOW_SECONDS),
});

function holds(body: Uint8Array, headers: Record<string, string>, keys: string): boolean {
  try {
    verifySignature({ body, headers, keys, nowMs: NOW_SECONDS * 1000 });
    return true;
  } catch {
    return false;
  }
}

describe('a signature', () => {
  test('holds for whatever was signed', () => {
    const arbitrary = fc
      .tuple(aBody, aKey)
      .chain(([body, key]) =>
        fc.tuple(fc.constant(body), fc.constant(key), someHeaders(signedHeaders(body, key))),
      );
    fc.assert(fc.property(arbitrary, ([body, key, headers]) => holds(body, headers, key)));
  });

  test('holds for nothing that differs by one bit, of body, timestamp or signature', () => {
    const flip = (bytes: Uint8Array, at: number) => {
      const copy = Buffer.from(bytes);
      const index = (at >> 3) % copy.byteLength;
      copy[index] = (copy[index] as number) ^ (1 << (at & 7));
      return copy;
    };
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 1, maxLength: 300 }), aKey, fc.nat(), (body, key, at) => {
        const headers = signedHeaders(body, key);
        expect(holds(flip(body, at), headers, key)).toBe(false);
        for (const name of Object.keys(headers) as (keyof typeof headers)[]) {
          const changed = flip(Buffer.from(headers[name], 'latin1'), at).toString('latin1');
          expect(holds(body, { ...headers, [name]: changed }, key)).toBe(false);
        }
      }),
    );
  });

  test('holds for no other key', () => {
    fc.assert(
      fc.property(aBody, aKey, aKey, (body, key, other) => {
        fc.pre(key !== other);
        return !holds(body, signedHeaders(body, key), other);
      }),
    );
  });
});

const STATUSES = [200, 400, 401, 405, 413, 415, 422, 500, 503];

describe('receive', () => {
  const anything = fc.record(
    {
      method: fc.oneof(fc.constantFrom('POST', 'GET', 'PUT'), fc.string()),
      headers: fc.oneof(
        fc.object({ maxDepth: 1 }),
        fc.dictionary(
          fc.constantFrom(
            'content-length',
            'content-encoding',
            'x-showpad-signature-v1',
            'x-showpad-signature-timestamp',
          ),
          fc.anything(),
        ),
      ),
      body: fc.oneof(
        aBody,
        fc.anything(),
        fc.constant(async () => Promise.reject('no')),
      ),
      url: fc.string(),
    },
    { requiredKeys: [] },
  );

  test('never rejects, and answers by the table, whatever it is given', async () => {
    await fc.assert(
      fc.asyncProperty(anything, async (request) => {
        const { response } = await probe().receiver.receive(request as unknown as WebhookRequest);
        expect(STATUSES).toContain(response.status);
      }),
    );
  });

  test('answers a table’s status to whatever is signed', async () => {
    const aText = fc.oneof(
      fc.json(),
      fc.json().map((json) => `{"type":"x","id":"1","data":${json}}`),
      fc.string(),
    );
    await fc.assert(
      fc.asyncProperty(aText, async (text) => {
        const { response } = await probe().receiver.receive(signedDelivery(Buffer.from(text), { key: KEY }));
        expect([200, 400]).toContain(response.status);
      }),
    );
  });

  test('never answers 4xx for trouble of ours, whatever is thrown', async () => {
    const throwing = (thrown: unknown) => () => {
      throw thrown;
    };
    const troubles: ((thrown: unknown) => Parameters<typeof probe>[0])[] = [
      (thrown) => ({ keys: throwing(thrown) }),
      (thrown) => ({ on: { x: throwing(thrown) } as object }),
      (thrown) => {
        const call = throwing(thrown);
        const ledger: Ledger = { claim: call, checkpoint: call, complete: call, release: call };
        return { ledger, on: { x: () => {} } as object };
      },
    ];
    await fc.assert(
      fc.asyncProperty(fc.constantFrom(...troubles), fc.anything(), async (trouble, thrown) => {
        const { response } = await probe(trouble(thrown)).receiver.receive(signedDelivery('x', { key: KEY }));
        expect([500, 503]).toContain(response.status);
      }),
    );
  });
});

test('parseEvent pollutes no prototype, and leaves no key that could', () => {
  const aRiskyKey = fc.constantFrom('__proto__', 'constructor', 'prototype', 'a');
  const { tree } = fc.letrec((tie) => ({
    tree: fc.oneof(
      { depthSize: 'small' },
      fc.constant(1),
      fc.array(tie('tree'), { maxLength: 3 }),
      tie('node'),
    ),
    node: fc.array(fc.tuple(aRiskyKey, tie('tree')), { maxLength: 4 }).map((entries) => ({ entries })),
  }));
  const toJson = (value: unknown): string => {
    if (Array.isArray(value)) return `[${value.map(toJson).join()}]`;
    if (typeof value !== 'object') return '1';
    const { entries } = value as { entries: [string, unknown][] };
    return `{${entries.map(([key, child]) => `"${key}":${toJson(child)}`).join()}}`;
  };
  const merge = (target: Record<string, unknown>, source: Record<string, unknown>): void => {
    for (const key of Object.keys(source)) {
      const value = source[key];
      if (
        typeof value === 'object' &&
        value !== null &&
        typeof target[key] === 'object' &&
        target[key] !== null
      ) {
        merge(target[key] as Record<string, unknown>, value as Record<string, unknown>);
      } else if (typeof target[key] === 'function' && typeof value === 'object' && value !== null) {
        merge(target[key] as unknown as Record<string, unknown>, value as Record<string, unknown>);
      } else target[key] = value;
    }
  };
  fc.assert(
    fc.property(tree, (data) => {
      const event = parseEvent(`{"type":"x","id":"1","data":{"tree":${toJson(data)}}}`);
      const before = Object.getOwnPropertyNames(Object.prototype).join();
      merge({}, event.data as Record<string, unknown>);
      merge({}, (event.data as { tree: Record<string, unknown> }).tree ?? {});
      return Object.getOwnPropertyNames(Object.prototype).join() === before;
    }),
  );
});
