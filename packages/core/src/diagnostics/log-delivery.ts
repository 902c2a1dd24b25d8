import type { Delivery } from '../delivery.ts';
import type { Settings } from '../options.ts';
import type { Receipt } from '../receiver.ts';

const LONGEST_LOGGED_TEXT = 128;

/** The one log line of a delivery: no payload, no key, no signature. A module of its own, for those with a logger. */
export function logDelivery(
  { logger, name, clock }: Settings,
  delivery: Delivery,
  { outcome, error, response }: Pick<Receipt, 'outcome' | 'error'> & Partial<Pick<Receipt, 'response'>>,
): unknown {
  const { event, keyLabel, context, receivedAtMs } = delivery;
  const fields = {
    receiver: name,
    outcome,
    ...(response && { status: response.status }),
    ...(error && { code: error.code, reason: error.message, hint: error.hint }),
    ...(event && { type: clip(event.type), id: clip(event.id) }),
    ...(keyLabel !== undefined && { keyLabel }),
    ...(context && { attempt: context.attempt }),
    durationMs: clock() - receivedAtMs,
  };
  const level = !error ? 'info' : outcome === 'failed' || outcome === 'refused' ? 'error' : 'warn';
  return logger[level](fields, `showpad webhook ${outcome}`);
}

function clip(text: string): string {
  return text.length > LONGEST_LOGGED_TEXT ? `${text.slice(0, LONGEST_LOGGED_TEXT)}…` : text;
}
