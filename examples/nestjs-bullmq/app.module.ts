import { Injectable, Module } from '@nestjs/common';
import { type BullmqInbox, createBullmqInbox } from '@showpad-webhooks/bullmq';
import {
  type DeadLetter,
  type EventOf,
  type HandlerContext,
  InjectShowpadReceiver,
  OnShowpadEvent,
  type Receiver,
  type ShowpadEventMap,
  ShowpadWebhooksModule,
} from '@showpad-webhooks/nestjs';

/** One inbox for every process that serves this app: each stores what comes to it, and handles what any has stored. */
@Module({
  providers: [
    {
      provide: 'SHOWPAD_INBOX',
      useFactory: () =>
        createBullmqInbox({
          connection: { host: '127.0.0.1', port: Number(process.env.REDIS_PORT ?? 6379) },
          backoffMs: (attempt) => 500 * 2 ** attempt,
        }),
    },
  ],
  exports: ['SHOWPAD_INBOX'],
})
class InboxModule {}

@Injectable()
class CrmHandlers {
  @OnShowpadEvent('shared-space-user-added')
  addContact(
    { data }: EventOf<ShowpadEventMap, 'shared-space-user-added'>,
    { attempt }: HandlerContext,
  ): void {
    if (attempt === 1) throw new Error('the CRM is down for a moment');
    console.log(`CRM: added ${data.invitee.email} to "${data.sharedSpace.name}", at attempt ${attempt}`);
  }
}

@Injectable()
class Alerts {
  constructor(@InjectShowpadReceiver() receiver: Receiver) {
    receiver.onError((error) =>
      console.warn(`${error.code}: ${error.message}. Cause: ${String(error.cause)}`),
    );
    receiver.onDeadLetter(({ event, error }: DeadLetter<ShowpadEventMap>) => {
      console.error(`Given up: ${event?.id}, ${error.message}. Retry it at /queues.`);
    });
  }
}

@Module({
  imports: [
    ShowpadWebhooksModule.forRootAsync({
      imports: [InboxModule],
      inject: ['SHOWPAD_INBOX'],
      useFactory: (inbox: BullmqInbox) => ({
        path: '/webhooks/showpad',
        keys: process.env.SHOWPAD_SIGNATURE_KEY ?? '',
        inbox,
      }),
    }),
    InboxModule,
  ],
  providers: [CrmHandlers, Alerts],
})
export class AppModule {}
