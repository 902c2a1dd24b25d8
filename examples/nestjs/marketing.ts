import { Injectable } from '@nestjs/common';

/** Your app would call the API of your marketing automation here. */
@Injectable()
export class Marketing {
  async startCampaign(_email: string, _campaign: string): Promise<void> {}
}
