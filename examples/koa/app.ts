import { bodyParser } from '@koa/bodyparser';
import { createReceiver, type Receiver, type ShowpadState, showpadWebhooks } from '@showpad-webhooks/koa';
import Koa from 'koa';

/** What this app does with events. Your app would call the API of your marketing automation here. */
interface Marketing {
  startCampaign(email: string, campaign: string): Promise<void>;
}

export interface AppOptions {
  readonly marketing: Marketing;
  /** Showpad shows it once, when you create the subscription. */
  readonly signatureKey: string;
  readonly log: (line: string) => void;
}

export interface App {
  readonly app: Koa<ShowpadState>;
  /** Close it at shutdown. */
  readonly receiver: Receiver;
}

export function createApp({ marketing, signatureKey, log }: AppOptions): App {
  const receiver = createReceiver({ keys: signatureKey })
    .on('shared-space-user-added', ({ data }) =>
      marketing.startCampaign(data.invitee.email, `Welcome to ${data.sharedSpace.name}`),
    )
    .on('COURSE_COMPLETED', async ({ data }) => {
      // The fields of this payload are inferred, so any of them may be missing.
      if (data.user?.email) await marketing.startCampaign(data.user.email, 'After the course');
    })
    .onRejected((error) => log(`${error.code}: ${error.message} ${error.hint}`))
    .onError((error) => log(`${error.code}: ${error.message} ${error.hint} Cause: ${String(error.cause)}`));

  const app = new Koa<ShowpadState>();
  app.use(async (ctx, next) => {
    await next();
    const receipt = ctx.state.showpadReceipt;
    log(`${ctx.method} ${ctx.path} ${ctx.status}${receipt ? ` ${receipt.outcome}` : ''}`);
  });
  // The webhook comes before the parser, so that it gets the exact bytes.
  app.use(showpadWebhooks({ path: '/webhooks/showpad', receiver }));
  app.use(bodyParser());
  app.use((ctx) => {
    if (ctx.path === '/contacts') ctx.body = { added: ctx.request.body };
  });
  return { app, receiver };
}
