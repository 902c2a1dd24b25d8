// A process that shares a token file: path, URL of the emulator, refresh token, calls. It begins when it is told to.
import { createShowpadWebhooksClient } from '@showpad-webhooks/client';
import { createFileTokenStore } from '@showpad-webhooks/client/node';

const [path = '', url = '', refreshToken = '', calls] = process.argv.slice(2);
const requests: string[] = [];
const client = createShowpadWebhooksClient({
  baseUrl: `${url}/webhooks/v1`,
  tokenUrl: `${url}/api/v3/oauth2/token`,
  auth: { type: 'refresh-token', clientId: 'client', clientSecret: 'secret', refreshToken },
  tokenStore: createFileTokenStore({ path }),
  hooks: { onResponse: ({ path, status }) => requests.push(`${path} ${status}`) },
});

process.once('message', async () => {
  for (let call = 0; call < Number(calls); call++) await client.subscriptions.list();
  process.send?.(requests, () => process.disconnect());
});
process.send?.('ready');
