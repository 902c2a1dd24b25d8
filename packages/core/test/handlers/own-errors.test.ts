import { expect, test } from 'vitest';
import { createReceiver, PermanentError, ShowpadWebhookError } from '../../src/index.ts';
import { signedDelivery } from '../../src/testing/index.ts';

const KEY = 'a-signature-key';
const TYPE = 'shared-space-user-added';

async function errorOf(thrown: unknown): Promise<ShowpadWebhookError | undefined> {
  const receiver = createReceiver({ keys: KEY }).onError(() => {});
  const throwIt = () => {
    throw thrown;
  };
  receiver.on(TYPE, throwIt);
  return (await receiver.receive(signedDelivery(TYPE, { key: KEY }))).error;
}

test.each(['HANDLER_FAILED', 'PERMANENT_FAILURE'] as const)(
  'what an adapter runs around a handler can say itself what failed, with %s',
  async (code) => {
    const thrown = new ShowpadWebhookError(code, 'The guard RolesGuard denied the event.', {
      hint: 'A hint.',
    });
    expect(await errorOf(thrown)).toBe(thrown);
  },
);

test('an error with another code, and any other error, is the handler’s', async () => {
  const thrown = new ShowpadWebhookError('SIGNATURE_MISMATCH', 'Of another webhook.', { hint: 'A hint.' });
  for (const cause of [thrown, new Error('x'), new PermanentError('x')]) {
    const error = await errorOf(cause);
    expect([error?.message.startsWith(`The handler "throwIt" for "${TYPE}" threw`), error?.cause]).toEqual([
      true,
      cause,
    ]);
  }
});
