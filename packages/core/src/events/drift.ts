import { ShowpadWebhookError } from '../shared/error.ts';
import { clip } from '../shared/text.ts';
import type { StandardSchemaV1 } from './schema.ts';

/** If the keys of some data are always new, the reports about them end after this many places. */
const MOST_PLACES = 1_000;
const FIELD_NAME = /^[A-Za-z_$][\w$-]{0,63}$/;
const LIKE_AN_ID = /^[\da-f-]{16,}$|\d{5}/i;

/** Notices events that do not fit their schema. It reports each place of an event type once, and never a value. */
export class DriftWatch {
  readonly #known = new Set<string>();

  /** @returns `EVENT_DRIFT`, or undefined if all of it was reported before. */
  find(
    type: string,
    data: unknown,
    issues: readonly StandardSchemaV1.Issue[],
    cause?: unknown,
  ): ShowpadWebhookError | undefined {
    const found = (issues.length > 0 ? issues : [{}]).map(({ path = [] }: Partial<StandardSchemaV1.Issue>) =>
      placeOf(path, data),
    );
    const places = found.filter(([path]) => this.#remember(JSON.stringify([type, path])));
    if (places.length === 0) return undefined;
    const name = clip(type, 64);
    const shown = places.map(([path, kind]) => `${path} (${kind})`).join(', ');
    return new ShowpadWebhookError('EVENT_DRIFT', `An event does not fit schemas["${name}"]: ${shown}.`, {
      hint: 'The handlers ran with the data as it was sent. If Showpad has changed the payload, change the schema.',
      cause,
    });
  }

  /** @returns true the first time, as long as there is room. */
  #remember(place: string): boolean {
    if (this.#known.has(place) || this.#known.size >= MOST_PLACES) return false;
    this.#known.add(place);
    return true;
  }
}

/**
 * The path of a field, and the type that the field has. A key that may be data, such as an e-mail address or an id, becomes
 * `*`.
 */
export function placeOf(
  segments: readonly (PropertyKey | StandardSchemaV1.PathSegment)[],
  data: unknown,
): readonly [path: string, kind: string] {
  let path = 'data';
  let value = data;
  for (const segment of segments) {
    const key = typeof segment === 'object' ? segment.key : segment;
    const name = String(key);
    const isField = FIELD_NAME.test(name) && !LIKE_AN_ID.test(name);
    path += Array.isArray(value) ? '[]' : `.${isField ? name : '*'}`;
    value = Object.hasOwn(Object(value), key) ? (value as Record<PropertyKey, unknown>)[key] : undefined;
  }
  return [path, kindOf(value)];
}

function kindOf(value: unknown): string {
  if (value === undefined) return 'missing';
  if (value === null) return 'null';
  return Array.isArray(value) ? 'array' : typeof value;
}
