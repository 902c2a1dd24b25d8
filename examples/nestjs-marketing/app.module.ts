import { Injectable, Module } from '@nestjs/common';
import {
  type DeadLetter,
  type Inbox,
  InjectShowpadReceiver,
  type Receiver,
  ShowpadWebhooksModule,
} from '@showpad-webhooks/nestjs';
import { createSqliteInbox } from '@showpad-webhooks/sqlite';
import { Campaigns } from './campaigns.ts';
import { DeadLettersController } from './dead-letters.controller.ts';
import { MarketingHandlers } from './marketing.handlers.ts';

/** Keeps each event in a file until it is handled. Keep the file with the app's other data, and not in its image. */
@Module({
  providers: [
    {
      provide: 'SHOWPAD_INBOX',
      useFactory: () =>
        createSqliteInbox({
          file: process.env.SHOWPAD_INBOX ?? 'showpad.db',
          leaseMs: 5_000, // After a crash, handlers that were running start again after this time.
        }),
    },
  ],
  exports: ['SHOWPAD_INBOX'],
})
class InboxModule {}

@Injectable()
class Alerts {
  constructor(@InjectShowpadReceiver() receiver: Receiver) {
    receiver.onRejected((error) => console.warn(`${error.code}: ${error.message} ${error.hint}`));
    receiver.onError((error) =>
      console.warn(`${error.code}: ${error.message} Cause: ${String(error.cause)}`),
    );
    receiver.onDeadLetter(({ event, error }: DeadLetter) =>
      console.error(`Event ${event?.id} is dead: ${error.message} See /dead-letters.`),
    );
  }
}

@Module({
  imports: [
    InboxModule,
    ShowpadWebhooksModule.forRootAsync({
      imports: [InboxModule],
      inject: ['SHOWPAD_INBOX'],
      useFactory: (inbox: Inbox) => ({
        path: '/webhooks/showpad',
        keys: process.env.SHOWPAD_SIGNATURE_KEY ?? '',
        inbox,
      }),
    }),
  ],
  controllers: [DeadLettersController],
  providers: [
    { provide: Campaigns, useFactory: () => new Campaigns(process.env.MAIL_PROVIDER_URL ?? '') },
    MarketingHandlers,
    Alerts,
  ],
})
export class AppModule {}
