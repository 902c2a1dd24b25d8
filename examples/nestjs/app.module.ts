import { Controller, Get, Module } from '@nestjs/common';
import { ShowpadWebhooksModule } from '@showpad-webhooks/nestjs';
import { Alerts } from './alerts.ts';
import { CrmHandlers } from './crm.handlers.ts';
import { Crm } from './crm.ts';
import { MarketingHandlers } from './marketing.handlers.ts';
import { Marketing } from './marketing.ts';

@Controller()
class AppController {
  @Get()
  home(): string {
    return 'The rest of the app.';
  }
}

/** Two Showpad organizations, each with its own path and key, and a class of handlers for each department. */
@Module({
  imports: [
    ShowpadWebhooksModule.forRootAsync({
      name: 'eu',
      useFactory: () => ({ path: '/webhooks/showpad/eu', keys: process.env.SHOWPAD_EU_SIGNATURE_KEY ?? '' }),
    }),
    ShowpadWebhooksModule.forRootAsync({
      name: 'us',
      useFactory: () => ({ path: '/webhooks/showpad/us', keys: process.env.SHOWPAD_US_SIGNATURE_KEY ?? '' }),
    }),
  ],
  controllers: [AppController],
  providers: [Crm, Marketing, CrmHandlers, MarketingHandlers, Alerts],
})
export class AppModule {}
