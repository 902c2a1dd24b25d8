import { EVENT_TYPES } from '@showpad-webhooks/core/testing';

/** Says of a type how sure its sample is, and what it might have meant. */
export function doubtAbout(type: string): string | undefined {
  const known = EVENT_TYPES.find((each) => each.type === type);
  if (known?.isDocumented) return undefined;
  if (known) return `The payload of ${type} is inferred: Showpad documents only the type.`;
  const types = EVENT_TYPES.map((each) => each.type).join(', ');
  return `Showpad does not document "${type}" publicly; it documents ${types}. Its data is empty unless you set it.`;
}
