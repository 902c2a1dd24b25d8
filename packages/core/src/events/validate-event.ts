import { ShowpadWebhookError } from '../shared/error.ts';
import { placeOf } from './drift.ts';
import type { ShowpadEvent } from './event.ts';
import type { StandardSchemaV1 } from './schema.ts';

/** Hears of data that does not fit. If the schema itself threw, there are no issues, and `cause` is what it threw. */
export type DriftListener = (issues: readonly StandardSchemaV1.Issue[], cause?: unknown) => void;

/**
 * Returns the event with the data that the schema puts out. With a listener, an event that does not fit is returned as it is.
 *
 * @throws ShowpadWebhookError `HANDLER_FAILED` without a listener, because a retry helps as soon as the schema is fixed.
 */
export async function validateEvent(
  event: ShowpadEvent,
  schema: StandardSchemaV1,
  onDrift?: DriftListener,
): Promise<ShowpadEvent> {
  let issues: readonly StandardSchemaV1.Issue[] = [];
  let cause: unknown;
  try {
    const result = await schema['~standard'].validate(event.data);
    if (!result.issues) return { ...event, data: result.value } as ShowpadEvent;
    issues = result.issues;
  } catch (thrown) {
    cause = thrown;
  }
  if (onDrift) {
    onDrift(issues, cause);
    return event;
  }
  throw new ShowpadWebhookError('HANDLER_FAILED', `The event does not fit schemas["${event.type}"].`, {
    hint: 'See error.cause for the fields. Payloads change: make the schema accept what Showpad sends. Showpad will retry.',
    cause: issues.length > 0 ? notAccepted(issues, event.data) : cause,
  });
}

/** Names the fields. The messages of the schema itself may quote the payload, so they are left out. */
function notAccepted(issues: readonly StandardSchemaV1.Issue[], data: unknown): Error {
  const fields = issues.map(({ path = [] }) => placeOf(path, data)[0]);
  return new Error(`The schema does not accept ${[...new Set(fields)].join(', ')}.`);
}
