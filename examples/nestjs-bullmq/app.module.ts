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

/** All processes of this app share one inbox. Each stores what it receives, and handles what any of them has stored. */
@Module({
  providers: [
    {
      provide: 'SHOWPAD_INBOX',
      useFactory: () =>
        createBullmqInbox({
          connection: { host: '127.0.0.1', port: Number(process.env.REDIS_PORT ?? 6379) },
          backoff: (attempt) => 500 * 2 ** attempt,
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
    if (attempt === 1) throw new Error('The CRM is down for a moment.');
    console.log(`CRM: added ${data.invitee.email} to "${data.sharedSpace.name}", at attempt ${attempt}`);
  }
}

@Injectable()
class Alerts {
  constructor(@InjectShowpadReceiver() receiver: Receiver) {
    receiver.onError((error) =>
      console.warn(`${error.code}: ${error.message} Cause: ${String(error.cause)}`),
    );
    receiver.onDeadLetter(({ event, error }: DeadLetter) => {
      console.error(`Event ${event?.id} is dead: ${error.message} Retry it at /queues.`);
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
