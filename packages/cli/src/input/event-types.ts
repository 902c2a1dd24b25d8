import { EVENT_TYPES, type EventJson, readSamples, sampleJson } from '@showpad-webhooks/core/testing';

/** Says how sure the sample of a type is. Returns undefined if Showpad documents it, or if it is in the user's catalogue. */
export function doubtAbout(type: string): string | undefined {
  const known = EVENT_TYPES.find((each) => each.type === type);
  if (known?.isDocumented || isInCatalogue(type)) return undefined;
  if (known) return `The payload of ${type} is inferred, because Showpad documents only the type.`;
  return `Showpad does not publicly document a type "${type}". It documents ${listTypes()}. The event has no data unless you set some, or add the event with "events add".`;
}

/** Makes a new event of a type, from its sample if there is one. */
export function newEvent(type: string, overrides: Readonly<Record<string, unknown>> = {}): EventJson {
  const sample = hasSample(type) ? sampleJson(type) : { type, specversion: 1, data: {} };
  return { ...sample, id: crypto.randomUUID(), time: new Date().toISOString(), ...overrides };
}

export function hasSample(type: string): boolean {
  return isPublic(type) || isInCatalogue(type);
}

/** Whether Showpad documents the type publicly. */
export function isPublic(type: string): boolean {
  return EVENT_TYPES.some((each) => each.type === type);
}

function isInCatalogue(type: string): boolean {
  return readSamples().some((sample) => sample.type === type);
}

function listTypes(): string {
  return EVENT_TYPES.map(({ type }) => type).join(', ');
}
