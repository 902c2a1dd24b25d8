import type { DeadLetter, DeadLetterListener, Delivery } from './delivery.ts';
import type { ShowpadEventMap } from './event-map.ts';
import { plainHeaders } from './headers.ts';
import { inTime } from './in-time.ts';

type Letter = DeadLetter<ShowpadEventMap>;

/** Resolves once every listener has kept the letter. */
export async function keepDeadLetter(
  listeners: readonly DeadLetterListener<ShowpadEventMap>[],
  info: Omit<Letter, 'rawBody' | 'headers' | 'receivedAt'>,
  { request, body, receivedAtMs }: Delivery,
): Promise<void> {
  if (!body) return; // never verified
  const letter: Letter = {
    ...info,
    rawBody: body,
    headers: plainHeaders(request.headers),
    receivedAt: new Date(receivedAtMs),
  };
  await inTime(
    () => Promise.all(listeners.map(async (listener) => listener(letter))),
    () => ['HANDLER_FAILED', 'an onDeadLetter listener failed'],
  );
}
