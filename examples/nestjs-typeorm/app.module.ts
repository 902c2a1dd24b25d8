import { Inject, Injectable, Module } from '@nestjs/common';
import {
  type EventOf,
  type HandlerContext,
  InjectShowpadReceiver,
  OnShowpadEvent,
  type Receiver,
  type ShowpadEventMap,
  ShowpadWebhooksModule,
} from '@showpad-webhooks/nestjs';
import { createPostgresInbox, markDone } from '@showpad-webhooks/postgres';
import pg from 'pg';
import { DataSource } from 'typeorm';
import { Contact, DatabaseModule } from './database.module.ts';

@Injectable()
class CrmHandlers {
  @Inject(DataSource) private readonly dataSource!: DataSource;

  @OnShowpadEvent('shared-space-user-added')
  async addContact(
    { data }: EventOf<ShowpadEventMap, 'shared-space-user-added'>,
    context: HandlerContext,
  ): Promise<void> {
    await this.dataSource.transaction(async (manager) => {
      await manager.insert(Contact, { email: data.invitee.email, sharedSpace: data.sharedSpace.name });
      if (context.attempt === 1) throw new Error('The first attempt fails, and its contact is rolled back.');
      await markDone(context, (sql) => manager.query(sql));
    });
    console.log(`Attempt ${context.attempt} added ${data.invitee.email} to "${data.sharedSpace.name}".`);
  }
}

@Injectable()
class Alerts {
  constructor(@InjectShowpadReceiver() receiver: Receiver) {
    receiver.onError((error) =>
      console.warn(`${error.code}: ${error.message} Cause: ${String(error.cause)}`),
    );
  }
}

@Module({
  imports: [
    ShowpadWebhooksModule.forRootAsync({
      imports: [DatabaseModule],
      inject: [pg.Pool],
      useFactory: (pool: pg.Pool) => ({
        path: '/webhooks/showpad',
        keys: process.env.SHOWPAD_SIGNATURE_KEY ?? '',
        inbox: createPostgresInbox({ pool, backoff: () => 100 }),
      }),
    }),
    DatabaseModule,
  ],
  providers: [CrmHandlers, Alerts],
})
export class AppModule {}
