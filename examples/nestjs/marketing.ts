import { Injectable } from '@nestjs/common';

/** Yours would call your marketing automation's API here. */
@Injectable()
export class Marketing {
  async startCampaign(_email: string, _campaign: string): Promise<void> {}
}
