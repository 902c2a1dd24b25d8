import { ShowpadWebhookError } from '../shared/error.ts';
import type { ShowpadEvent } from './event.ts';
import type { StandardSchemaV1 } from './schema.ts';

/**
 * Returns the event with the data that the schema puts out.
 *
 * @throws ShowpadWebhookError `HANDLER_FAILED`, because a retry helps as soon as the schema is fixed.
 */
export async function validateEvent(event: ShowpadEvent, schema: StandardSchemaV1): Promise<ShowpadEvent> {
  try {
    return { ...event, data: await validateData(schema, event.data) } as ShowpadEvent;
  } catch (cause) {
    throw new ShowpadWebhookError('HANDLER_FAILED', `The event does not fit schemas["${event.type}"].`, {
      hint: 'See error.cause for the fields. Payloads change: make the schema accept what Showpad sends. Showpad will retry.',
      cause,
    });
  }
}

/** @throws Error that names the fields. The messages of the schema itself may quote the payload, so they are left out. */
async function validateData(schema: StandardSchemaV1, data: unknown): Promise<unknown> {
  const result = await schema['~standard'].validate(data);
  if (!result.issues) return result.value;
  const fields = result.issues.map(({ path = [] }) => ['data', ...Array.from(path, segmentName)].join('.'));
  throw new Error(`The schema does not accept ${[...new Set(fields)].join(', ')}.`);
}

function segmentName(segment: PropertyKey | StandardSchemaV1.PathSegment): string {
  return String(typeof segment === 'object' ? segment.key : segment);
}
