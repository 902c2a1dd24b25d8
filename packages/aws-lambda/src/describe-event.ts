import { quote } from '@showpad-webhooks/core/shared';

const MOST_KEYS = 8;

/** The fields that are read of an event. The event may be anything. */
interface AnyEvent {
  readonly Records?: readonly { readonly eventSource?: unknown; readonly EventSource?: unknown }[];
}

/** The service that sent the records of an event, such as `aws:sqs`. SNS writes the name of the field in another way. */
export function sourceOf(event: unknown): string | undefined {
  const records = (event as AnyEvent | null | undefined)?.Records;
  const [first] = Array.isArray(records) ? records : [];
  const source = first?.eventSource ?? first?.EventSource;
  return typeof source === 'string' ? source : undefined;
}

/** Says what an event is, by its kind or by its keys. Nothing of its content is in the text. */
export function describeEvent(event: unknown): string {
  if (typeof event !== 'object' || event === null)
    return `a value of type ${event === null ? 'null' : typeof event}`;
  const source = sourceOf(event);
  if (source !== undefined) return `records of ${quote(source)}`;
  const keys = Object.keys(event);
  const shown = keys.slice(0, MOST_KEYS).map(quote);
  return keys.length === 0 ? 'an object without keys' : `an object with the keys ${shown.join(', ')}`;
}
