import { Inject, Injectable, Logger, UseGuards } from '@nestjs/common';
import { type EventOf, OnShowpadEvent, type ShowpadEventMap } from '@showpad-webhooks/nestjs';
import { Crm } from './crm.ts';
import { OurSpacesGuard } from './our-spaces.guard.ts';

/** Tells the CRM of the sales team what happens in the European organization. */
@Injectable()
@UseGuards(OurSpacesGuard)
export class CrmHandlers {
  readonly #crm: Crm;
  readonly #logger = new Logger('CRM');

  constructor(@Inject(Crm) crm: Crm) {
    this.#crm = crm;
  }

  @OnShowpadEvent('shared-space-user-added', { receiver: 'eu' })
  async addContact({ data }: EventOf<ShowpadEventMap, 'shared-space-user-added'>): Promise<void> {
    await this.#crm.addContact(data.invitee.email, data.sharedSpace.name);
    this.#logger.log(`contact ${data.invitee.email}, of "${data.sharedSpace.name}"`);
  }
}
