import { Inject, Injectable } from '@nestjs/common';
import {
  type EventOf,
  type HandlerContext,
  OnShowpadEvent,
  type ShowpadEventMap,
} from '@showpad-webhooks/nestjs';
import { Campaigns } from './campaigns.ts';

type Event<Type extends keyof ShowpadEventMap> = EventOf<ShowpadEventMap, Type>;

/**
 * Decides which event starts which campaign. A handler may run more than once: the process may die after the mail was sent and
 * before that is noted. So the provider gets a key that is made of the event's id and is the same for each attempt.
 */
@Injectable()
export class MarketingHandlers {
  readonly #campaigns: Campaigns;

  constructor(@Inject(Campaigns) campaigns: Campaigns) {
    this.#campaigns = campaigns;
  }

  @OnShowpadEvent('shared-space-user-added')
  welcome({ id, data }: Event<'shared-space-user-added'>, context: HandlerContext): Promise<void> {
    return this.#start('welcome', id, data.invitee.email, context);
  }

  @OnShowpadEvent('shared-space-created')
  adviseHost({ id, data }: Event<'shared-space-created'>, context: HandlerContext): Promise<void> {
    return this.#start('host-a-space', id, data.creator?.email, context);
  }

  @OnShowpadEvent('COURSE_COMPLETED')
  congratulate({ id, data }: Event<'COURSE_COMPLETED'>, context: HandlerContext): Promise<void> {
    return this.#start('after-the-course', id, data.user?.email, context);
  }

  #start(
    campaign: string,
    eventId: string,
    email: string | undefined,
    { signal }: HandlerContext,
  ): Promise<void> {
    return this.#campaigns.start({ campaign, email, idempotencyKey: `${eventId}:${campaign}`, signal });
  }
}
