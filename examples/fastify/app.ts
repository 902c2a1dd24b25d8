import { showpadWebhooks } from '@showpad-webhooks/fastify';
import { type FastifyInstance, fastify } from 'fastify';

export interface AppOptions {
  readonly keys: string;
  /** Told the email address of everybody who joins a Shared Space. */
  readonly onJoined?: (email: string) => void;
}

export function buildApp({
  keys,
  onJoined = (email) => console.log(`${email} joined`),
}: AppOptions): FastifyInstance {
  const app = fastify();
  app.register(showpadWebhooks, {
    path: '/webhooks/showpad',
    keys,
    on: { 'shared-space-user-added': ({ data }) => onJoined(data.invitee.email) },
  });
  app.addHook('onResponse', async ({ showpadReceipt }) => {
    if (showpadReceipt) console.log(`Showpad: ${showpadReceipt.outcome}`);
  });
  app.post('/orders', async ({ body }) => ({ received: body })); // Other routes are parsed as always.
  return app;
}
