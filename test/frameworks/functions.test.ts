import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { HttpRequest, HttpResponse, InvocationContext } from '@azure/functions';
import { http } from '@google-cloud/functions-framework';
import { getTestServer } from '@google-cloud/functions-framework/testing';
import { send } from '@showpad-webhooks/conformance';
import { createRouteHandler } from '@showpad-webhooks/core/node';
import { type SignedDelivery, signedDelivery } from '@showpad-webhooks/core/testing';
import { beforeAll, describe, expect, onTestFinished, test, vi } from 'vitest';
import { EXAMPLES } from './built-app.ts';
import { expectHealthy, KEY } from './doctor.ts';

const TYPE = 'shared-space-user-added';

describe('Google Cloud Functions', () => {
  test('the example passes the doctor', async () => {
    await expectHealthy(`${EXAMPLES}serverless`, 'google');
  });

  test('a function that core makes takes bodies that the framework parsed', async () => {
    const receive = createRouteHandler({ keys: KEY, on: { [TYPE]: () => {} } });
    http('showpad', receive as never); // Types that some parser of this repository adds to requests are in the way.
    const server = getTestServer('showpad').listen(0, '127.0.0.1');
    onTestFinished(() => {
      server.close();
      server.closeAllConnections();
    });
    await once(server, 'listening');
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    for (const contentType of ['application/json', 'text/plain', 'multipart/form-data; boundary=x']) {
      const { headers, body } = signedDelivery(TYPE, { key: KEY });
      const answer = await send(url, { headers: { ...headers, 'content-type': contentType }, body });
      expect([contentType, answer.status, answer.body]).toEqual([contentType, 200, '{"outcome":"handled"}']);
    }
  });
});

// The classes are those of Azure's library. Its host, which is not on npm, turns what arrives over HTTP into them.
describe('Azure Functions', () => {
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
