import { createReceiver, showpadHandler, showpadWebhooks } from '@showpad-webhooks/koa';
import Koa from 'koa';

export const app = new Koa().use(
  showpadWebhooks({
    path: '/webhooks/showpad',
    keys: 'key',
    on: {
      'shared-space-user-added': (event) => event.data.invitee.email.toUpperCase(),
      // @ts-expect-error sharedSpace is inferred, so it may be missing
      'shared-space-created': (event) => event.data.sharedSpace.name,
    },
  }),
);
export const handler = showpadHandler(createReceiver({ keys: 'key' }));
