// pnpm start lets an emulated Showpad notify both functions, each behind a replacement for its platform.
import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { buffer } from 'node:stream/consumers';
import { http } from '@google-cloud/functions-framework';
import { getTestServer } from '@google-cloud/functions-framework/testing';
import { createEmulator } from '@showpad-webhooks/emulator';
import { format2Event } from './aws-events.ts';

process.env.SHOWPAD_SIGNATURE_KEY ??= 'a-signature-key';
const { handler } = await import('./aws-lambda.ts');
const { showpadWebhooks } = await import('./google-cloud-function.ts');

/** Does what a function URL does: it turns a request into an event, and what the handler returns into the response. */
const functionUrl = createServer(async (req, res) => {
  const headers = Object.entries(req.headersDistinct).flatMap(([name, values = []]) =>
    values.map((value) => [name, value] as const),
  );
  const event = format2Event({ method: req.method ?? '', headers, body: await buffer(req) });
  const { statusCode, headers: answerHeaders, body } = await handler(event);
  res.writeHead(statusCode, answerHeaders as Record<string, string>).end(body);
});

http('showpadWebhooks', showpadWebhooks);
const functions = { 'AWS Lambda': functionUrl, 'Google Cloud Functions': getTestServer('showpadWebhooks') };

await using showpad = await createEmulator();
for (const [name, server] of Object.entries<Server>(functions)) {
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  await showpad.subscriptions.create({
    name,
    types: ['shared-space-user-added'],
    url: `http://127.0.0.1:${port}/`,
    signatureKey: process.env.SHOWPAD_SIGNATURE_KEY,
  });
}

for (const { id: subscriptionId, name } of await showpad.subscriptions.list()) {
  await showpad.trigger('shared-space-user-added', {}, { subscriptionId });
  const first = await showpad.waitForDelivery({ subscriptionId });
  console.log(`${name} answered ${first.response?.status} ${first.response?.body}`);
  await showpad.replay(first.id);
  const again = await showpad.waitForDelivery({ subscriptionId });
  console.log(`${name} answered ${again.response?.status} ${again.response?.body} when the event came again`);
}
for (const server of Object.values(functions)) server.close();
