import { runInNewContext } from 'node:vm';
import { expect, test } from 'vitest';
import { createReceiver, sign, verifySignature } from '../../src/index.ts';
import { isBytes } from '../../src/shared/bytes.ts';
import { signedDelivery } from '../../src/testing/index.ts';

/** As a test under Jest's jsdom makes them: `Uint8Array` is another one there. */
const foreign = (bytes: Uint8Array): Uint8Array =>
  runInNewContext('new Uint8Array(numbers)', { numbers: [...bytes] });

test.each([
  ['a Buffer', Buffer.from('x'), true],
  ['a Uint8Array', new Uint8Array(1), true],
  ['a Uint8Array of another realm', foreign(Buffer.from('x')), true],
  ['an ArrayBuffer', new ArrayBuffer(1), false],
  ['a DataView', new DataView(new ArrayBuffer(1)), false],
  ['other numbers', new Uint16Array(1), false],
  ['an object that says so', { [Symbol.toStringTag]: 'Uint8Array', byteLength: 1 }, false],
  ['a text', 'x', false],
  ['nothing', undefined, false],
])('%s', (_what, value, isThat) => {
  expect(isBytes(value)).toBe(isThat);
});

test('a body of another realm is verified and handled', async () => {
  const key = 'a-signature-key';
  const delivery = signedDelivery('shared-space-created', { key });
  const body = foreign(delivery.body);
  expect(body).not.toBeInstanceOf(Uint8Array);
  expect(verifySignature({ body, headers: delivery.headers, keys: key }).timestampSeconds).toBeGreaterThan(0);
  expect(sign(body, key, 5)).toBe(sign(delivery.body, key, 5));
  const receiver = createReceiver({ keys: key, on: { 'shared-space-created': () => {} } });
  expect((await receiver.receive({ ...delivery, body })).outcome).toBe('handled');
  expect(signedDelivery({ body }, { key }).body.equals(delivery.body)).toBe(true);
});
