import 'reflect-metadata';
import { Injectable, Module } from '@nestjs/common';
import {
  type EventOf,
  OnShowpadEvent,
  type ShowpadEventMap,
  ShowpadWebhooksModule,
} from '@showpad-webhooks/nestjs';

@Injectable()
export class Handlers {
  @OnShowpadEvent('shared-space-user-added')
  add(event: EventOf<ShowpadEventMap, 'shared-space-user-added'>): string {
    return event.data.invitee.email;
  }

  // @ts-expect-error the method takes another event
  @OnShowpadEvent('shared-space-created')
  other(event: EventOf<ShowpadEventMap, 'shared-space-user-added'>): string {
    return event.id;
  }
}

@Module({
  imports: [ShowpadWebhooksModule.forRoot({ path: '/webhooks/showpad', keys: 'key' })],
  providers: [Handlers],
})
export class AppModule {}
