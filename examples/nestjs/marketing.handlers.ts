import { Inject, Injectable, Logger, UseInterceptors } from '@nestjs/common';
import {
  type EventOf,
  OnShowpadEvent,
  type ShowpadEvent,
  type ShowpadEventMap,
} from '@showpad-webhooks/nestjs';
import { DurationInterceptor } from './duration.interceptor.ts';
import { Marketing } from './marketing.ts';

/** Starts the campaigns of the marketing team for both organizations. */
@Injectable()
@UseInterceptors(DurationInterceptor)
export class MarketingHandlers {
  readonly #marketing: Marketing;
  readonly #logger = new Logger('Marketing');

  constructor(@Inject(Marketing) marketing: Marketing) {
    this.#marketing = marketing;
  }

  @OnShowpadEvent('shared-space-user-added', { receiver: 'eu' })
  @OnShowpadEvent('shared-space-user-added', { receiver: 'us' })
  async welcome({ data }: EventOf<ShowpadEventMap, 'shared-space-user-added'>): Promise<void> {
    await this.#marketing.startCampaign(data.invitee.email, `Welcome to ${data.sharedSpace.name}`);
    this.#logger.log(`campaign for ${data.invitee.email}`);
  }

  @OnShowpadEvent('*', { receiver: 'us' })
  note(event: ShowpadEvent): void {
    this.#logger.log(`an event of type ${event.type}`);
  }
}
