import { Body, Controller, Get, Inject, Post, UseGuards } from '@nestjs/common';
import type { Inbox } from '@showpad-webhooks/nestjs';
import { AdminGuard } from './admin.guard.ts';

interface Letter {
  readonly id: string;
  readonly type: string;
  readonly attempts: number;
  readonly error: string | undefined;
}

/** Lists dead letters and retries them. */
@Controller('dead-letters')
@UseGuards(AdminGuard)
export class DeadLettersController {
  readonly #inbox: Inbox;

  constructor(@Inject('SHOWPAD_INBOX') inbox: Inbox) {
    this.#inbox = inbox;
  }

  @Get()
  async list(): Promise<Letter[]> {
    const { items } = await this.#inbox.list({ state: 'dead' }); // It gives the latest hundred, without their payloads.
    return items.map(({ id, type, attempt, error }) => ({
      id,
      type,
      attempts: attempt,
      error: error?.message,
    }));
  }

  /** Retries one of them, by its `id`, or all. */
  @Post('retry')
  async retry(@Body() { id }: { id?: string } = {}): Promise<{ retried: number }> {
    return { retried: await this.#inbox.retry(id === undefined ? { state: 'dead' } : { id }) };
  }
}
