import { request } from './api.ts';
import type { Attempt } from './resources.ts';
import { go, hrefOf } from './router.ts';

/** Sends the attempt's event again with a new signature, and shows it. @param body replaces the attempt's body */
export async function replay({ id }: Attempt, body?: string): Promise<void> {
  const notification = await request<{ id: string }>('POST', `/attempts/${id}/replay`, { body });
  go(hrefOf('responses', notification.id));
}
