import { Body, Controller, Injectable, Logger, Module, Post } from '@nestjs/common';
import {
  type EventOf,
  OnShowpadEvent,
  type ShowpadEventMap,
  ShowpadWebhooksModule,
} from '@showpad-webhooks/nestjs';

@Injectable()
class CrmHandlers {
  readonly #logger = new Logger('CRM');

  @OnShowpadEvent('shared-space-user-added')
  async addContact({ data }: EventOf<ShowpadEventMap, 'shared-space-user-added'>): Promise<void> {
    this.#logger.log(`contact ${data.invitee.email}, of "${data.sharedSpace.name}"`);
  }
}

@Controller('contacts')
class ContactsController {
  @Post()
  add(@Body() body: unknown): unknown {
    return { added: body };
  }
}

@Module({
  imports: [
    ShowpadWebhooksModule.forRootAsync({
      useFactory: () => ({ path: '/webhooks/showpad', keys: process.env.SHOWPAD_SIGNATURE_KEY ?? '' }),
    }),
  ],
  controllers: [ContactsController],
  providers: [CrmHandlers],
})
export class AppModule {}
