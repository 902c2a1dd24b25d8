import type { Attempt } from './resources.ts';

/** Writes a test that sends the event of an attempt again and expects a 200. */
export function testSnippet({ type, request }: Attempt): string {
  const url = request?.url ?? 'http://127.0.0.1:3000/webhooks/showpad';
  const overrides = dataOf(request?.body ?? '');
  return `import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createEmulator } from '@showpad-webhooks/emulator';

test(${literal(`accepts ${type}`)}, async (context) => {
  const emulator = await createEmulator();
  context.after(() => emulator.close());
  const { signatureKey } = await emulator.subscriptions.create({
    name: 'test',
    types: [${literal(type)}],
    url: ${literal(url)},
  });
  // Start your app here, with this signatureKey.

  await emulator.trigger(${literal(type)}${overrides && `, ${overrides}`});

  const attempt = await emulator.waitForDelivery({ type: ${literal(type)} });
  assert.equal(attempt.response?.status, 200);
});
`;
}

/** The overrides for `trigger`, so that it sends the event's own data. Empty if the body is not an event. */
function dataOf(body: string): string {
  try {
    const { data } = JSON.parse(body) as { data?: unknown };
    if (data === undefined) return '';
    return `{ data: ${JSON.stringify(data, null, 2).replaceAll('\n', '\n  ')} }`;
  } catch {
    return '';
  }
}

const literal = (text: string): string =>
  `'${JSON.stringify(text).slice(1, -1).replaceAll('\\"', '"').replaceAll("'", "\\'")}'`;
