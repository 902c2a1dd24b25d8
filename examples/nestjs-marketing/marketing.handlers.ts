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
 * Which event starts which campaign. A handler runs at least once: a process may die when the mail is on its way and
 * that is not noted yet. So the provider is given a key that is the same at each attempt, made of the event's id.
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
