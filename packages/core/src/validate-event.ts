import { ShowpadWebhookError } from './error.ts';
import type { ShowpadEvent } from './event.ts';
import type { StandardSchemaV1 } from './schema.ts';

/**
 * The event with its data as the schema puts it out.
 *
 * @throws ShowpadWebhookError `HANDLER_FAILED`: what does not fit is trouble of ours, and a retry after a mend helps.
 */
export async function validateEvent(event: ShowpadEvent, schema: StandardSchemaV1): Promise<ShowpadEvent> {
  try {
    return { ...event, data: await validateData(schema, event.data) } as ShowpadEvent;
  } catch (cause) {
    const message = `the data of an event does not fit schemas["${event.type}"]`;
    const hint = 'The cause names the fields. Payloads change: widen the schema.';
    throw new ShowpadWebhookError('HANDLER_FAILED', message, hint, cause);
  }
}

/** @throws Error that names the fields. The schema's own messages may quote the payload, so they stay out. */
async function validateData(schema: StandardSchemaV1, data: unknown): Promise<unknown> {
  const result = await schema['~standard'].validate(data);
  if (!result.issues) return result.value;
  const fields = result.issues.map(({ path = [] }) => ['data', ...Array.from(path, segmentName)].join('.'));
  throw new Error(`the schema refuses ${[...new Set(fields)].join(', ')}`);
}

function segmentName(segment: PropertyKey | { readonly key: PropertyKey }): string {
  return String(typeof segment === 'object' ? segment.key : segment);
}
