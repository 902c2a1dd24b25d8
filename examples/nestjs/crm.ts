import { Injectable } from '@nestjs/common';

/** Your app would call the API of your CRM here. */
@Injectable()
export class Crm {
  async addContact(_email: string, _sharedSpace: string): Promise<void> {}
}
