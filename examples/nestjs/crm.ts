import { Injectable } from '@nestjs/common';

/** Yours would call your CRM's API here. */
@Injectable()
export class Crm {
  async addContact(_email: string, _sharedSpace: string): Promise<void> {}
}
