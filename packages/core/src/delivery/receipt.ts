import type { ShowpadEvent } from '../events/event.ts';
import type { ShowpadWebhookError } from '../shared/error.ts';
import type { Outcome, WebhookResponse } from './response.ts';

/** What became of a delivery, and the response to write. */
export interface Receipt {
  readonly outcome: Outcome;
  readonly response: WebhookResponse;
  /** Set if the delivery is authentic and could be read. Its `data` is as it was sent: schemas do not change it. */
  readonly event?: ShowpadEvent | undefined;
  /** Set if the delivery was not handled: the reason, for you alone. */
  readonly error?: ShowpadWebhookError | undefined;
  /** The label of the key that matched, if it has one. You can remove an old key when its label no longer appears. */
  readonly keyLabel?: string | undefined;
}
