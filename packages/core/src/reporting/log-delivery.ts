import type { KnownDelivery } from '../delivery/delivery.ts';
import type { Receipt } from '../delivery/receipt.ts';
import type { Logger } from '../shared/logger.ts';
import { clip } from '../shared/text.ts';

const LONGEST_LOGGED_TEXT = 128;

export interface DeliveryLogOptions {
  readonly receiverName: string;
  readonly logger: Logger;
  readonly clock: () => number;
}

export interface LoggedDelivery extends Pick<Receipt, 'outcome' | 'error'> {
  readonly delivery: KnownDelivery;
  /** Set if handlers ran. */
  readonly attempt: number | undefined;
  /** Set if a response is written. */
  readonly status?: number | undefined;
}

/** Writes the one log line of a delivery. It contains no payload, no key and no signature. */
export function logDelivery(
  { receiverName, logger, clock }: DeliveryLogOptions,
  { delivery, attempt, outcome, error, status }: LoggedDelivery,
): unknown {
  const { event, keyLabel, receivedAtMs } = delivery;
  const fields = {
    receiverName,
    outcome,
    ...(status !== undefined && { status }),
    ...(error && { code: error.code, reason: error.message, hint: error.hint }),
    ...(event && { type: clip(event.type, LONGEST_LOGGED_TEXT), id: clip(event.id, LONGEST_LOGGED_TEXT) }),
    ...(keyLabel !== undefined && { keyLabel }),
    ...(attempt !== undefined && { attempt }),
    durationMs: clock() - receivedAtMs,
  };
  return logger[levelOf(outcome, error)](fields, `showpad webhook ${outcome}`);
}

function levelOf(outcome: Receipt['outcome'], error: Receipt['error']): 'info' | 'warn' | 'error' {
  if (!error) return 'info';
  return outcome === 'failed' ? 'error' : 'warn';
}
