import type { Attempt } from './resources.ts';

/** A test that sends the event of one attempt again, and expects it to be accepted. */
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
  // Give your app signatureKey, and start it here.

  await emulator.trigger(${literal(type)}${overrides && `, ${overrides}`});

  const attempt = await emulator.waitForDelivery({ type: ${literal(type)} });
  assert.equal(attempt.response?.status, 200);
});
`;
}

/** The event's own data, for `trigger` to send in place of the sample's; nothing for a body of another kind. */
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
