import { EVENT_TYPES, type EventJson, sampleJson } from '@showpad-webhooks/core/testing';

/** Says how sure the sample of a type is. Returns undefined if Showpad documents it. */
export function doubtAbout(type: string): string | undefined {
  const known = EVENT_TYPES.find((each) => each.type === type);
  if (known?.isDocumented) return undefined;
  if (known) return `The payload of ${type} is inferred, because Showpad documents only the type.`;
  return `Showpad does not publicly document a type "${type}". It documents ${listTypes()}. The event has no data unless you set some.`;
}

/** Makes a new event of a type, from its sample if there is one. */
export function newEvent(type: string, overrides: Readonly<Record<string, unknown>> = {}): EventJson {
  const sample = hasSample(type) ? sampleJson(type) : { type, specversion: 1, data: {} };
  return { ...sample, id: crypto.randomUUID(), time: new Date().toISOString(), ...overrides };
}

export function hasSample(type: string): boolean {
  return EVENT_TYPES.some((each) => each.type === type);
}

export function listTypes(): string {
  return EVENT_TYPES.map(({ type }) => type).join(', ');
}
