import { createReceiver, type Receiver, showpadWebhooks } from '@showpad-webhooks/koa';
import Koa from 'koa';
import type { Analytics } from './analytics.ts';

export interface AppOptions {
  readonly analytics: Analytics;
  readonly signatureKey: string;
  readonly log: (line: string) => void;
}

export interface App {
  readonly app: Koa;
  /** Close it at shutdown. */
  readonly receiver: Receiver;
}

/** Counts every event, of known and unknown types, and shows the counts at `GET /stats`. */
export function createApp({ analytics, signatureKey, log }: AppOptions): App {
  const receiver = createReceiver({ keys: signatureKey })
    // If the database is locked or full, this throws, the answer is 500, and Showpad retries.
    .onAny((event, { receivedAt }) => analytics.record(event, receivedAt))
    .onRejected((error) => log(`${error.code}: ${error.message} ${error.hint}`))
    .onError((error) => log(`${error.code}: ${error.message} Cause: ${String(error.cause)}`));

  const app = new Koa();
  app.use(showpadWebhooks({ path: '/webhooks/showpad', receiver }));
  app.use((ctx) => {
    // It shows only numbers and names of Shared Spaces. Still, put it behind your login.
    if (ctx.method === 'GET' && ctx.path === '/stats') ctx.body = analytics.stats();
  });
  return { app, receiver };
}
