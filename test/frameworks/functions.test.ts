import { HttpRequest, HttpResponse, InvocationContext } from '@azure/functions';
import { type SignedDelivery, signedDelivery } from '@showpad-webhooks/core/testing';
import { beforeAll, describe, expect, test, vi } from 'vitest';
import { EXAMPLES } from './built-app.ts';
import { expectHealthy } from './doctor.ts';

const KEY = 'a-signature-key';
const TYPE = 'shared-space-user-added';

test(
  'the example for Google Cloud Functions passes the doctor',
  () => expectHealthy(`${EXAMPLES}serverless`, 'google'),
  60_000,
);

// The classes are those of Azure's library. Its host, which is not on npm, turns what arrives over HTTP into them.
describe('the example for Azure Functions', () => {
  const log = vi.spyOn(console, 'log').mockImplementation(() => {});
  vi.spyOn(console, 'warn').mockImplementation(() => {}); // The library says that there is no host.
  beforeAll(() => void vi.stubEnv('SHOWPAD_SIGNATURE_KEY', KEY));

  async function answerTo({ method, headers, body }: SignedDelivery, isRead = false): Promise<HttpResponse> {
    const { showpad } = await import('../../examples/azure-functions/src/showpad.ts');
    const url = 'https://an-app.azurewebsites.net/api/webhooks/showpad';
    const request = new HttpRequest({ method, url, headers, body: { bytes: body } });
    if (isRead) await request.json();
    return new HttpResponse((await showpad(request, new InvocationContext())) as object);
  }

  test('handles a delivery', async () => {
    const answer = await answerTo(signedDelivery(TYPE, { key: KEY }));
    expect([answer.status, await answer.json()]).toEqual([200, { outcome: 'handled' }]);
    expect(answer.headers.get('content-type')).toBe('application/json');
    expect(log).toHaveBeenCalledWith('kent.cook@showpad.com joined');
  });

  test('rejects a forgery', async () => {
    expect((await answerTo(signedDelivery(TYPE, { key: 'guessed' }))).status).toBe(401);
  });

  test('answers 503 if the body was read before', async () => {
    const answer = await answerTo(signedDelivery(TYPE, { key: KEY }), true);
    expect([answer.status, await answer.json()]).toEqual([
      503,
      { outcome: 'unavailable', code: 'RAW_BODY_UNAVAILABLE' },
    ]);
  });
});
