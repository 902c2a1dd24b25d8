import type { EventJson } from '@showpad-webhooks/core/testing';
import type { ClockMode } from '../clock.ts';
import { type FieldProblem, invalid } from '../problem.ts';

const MAX_EVENTS = 10_000;
/** From 2001 to 2096: a signature's timestamp must stay a positive number of seconds. */
const CLOCK_RANGE_MS = [1e12, 4e12] as const;

type Fields = Readonly<Record<string, unknown>>;

interface EventsInput {
  readonly type: string;
  readonly overrides?: Partial<EventJson>;
  readonly body?: string;
  readonly count?: number;
  readonly subscriptionId?: string;
}

export function readEvents(fields: Fields): EventsInput {
  const { type, overrides, body, count = 1, subscriptionId } = fields;
  check(
    fields,
    ['type', 'overrides', 'body', 'count', 'subscriptionId'],
    [type === undefined ? body !== undefined : isText(type), 'type', 'must be an event type, as text.'],
    [isOptional(overrides, isObject), 'overrides', 'must be an object: fields of the event.'],
    [isOptional(body, isString), 'body', 'must be the body’s text.'],
    [
      Number.isInteger(count) && isFrom(1, MAX_EVENTS, count),
      'count',
      `must be a whole number from 1 to ${MAX_EVENTS}.`,
    ],
    [isOptional(subscriptionId, isText), 'subscriptionId', 'must be the id of a subscription.'],
  );
  return { ...fields, type: type ?? typeOf(String(body)) } as EventsInput;
}

/** The type in a body that was given without one. */
function typeOf(body: string): string {
  try {
    const { type } = JSON.parse(body);
    if (isText(type)) return type;
  } catch {
    // Said below.
  }
  throw invalid([{ name: 'type', reason: 'must be an event type, since the body names none.' }]);
}

export function readReplay(fields: Fields): { body?: string; resign?: boolean } {
  const { body, resign } = fields;
  check(
    fields,
    ['body', 'resign'],
    [isOptional(body, isString), 'body', 'must be the body’s text.'],
    [isOptional(resign, (value) => typeof value === 'boolean'), 'resign', 'must be true or false.'],
  );
  return { body, resign } as { body?: string; resign?: boolean };
}

export function readExplain(fields: Fields): { body?: string } {
  check(fields, ['body'], [isOptional(fields.body, isString), 'body', 'must be the body’s text.']);
  return fields;
}

export function readClock(fields: Fields): { mode?: ClockMode; now?: number } {
  const { mode, now, offsetMs } = fields;
  const [least, most] = CLOCK_RANGE_MS;
  const wanted = typeof offsetMs === 'number' ? Date.now() + offsetMs : now;
  check(
    fields,
    ['mode', 'now', 'offsetMs'],
    [
      isOptional(mode, (value) => value === 'real' || value === 'manual'),
      'mode',
      'must be "real" or "manual".',
    ],
    [isOptional(offsetMs, (value) => typeof value === 'number'), 'offsetMs', 'must be a number of ms.'],
    [
      isOptional(wanted, (value) => isFrom(least, most, value)),
      offsetMs === undefined ? 'now' : 'offsetMs',
      'must lead to a time in ms between 2001 and 2096.',
    ],
  );
  return { mode, now: wanted } as { mode?: ClockMode; now?: number };
}

export function readAdvance(fields: Fields): number {
  check(fields, ['ms'], [isFrom(0, 1e11, fields.ms), 'ms', 'must be a number from 0 to 100,000,000,000.']);
  return fields.ms as number;
}

/** Null: without end. */
export function readLifetime(fields: Fields, preset: number): number | null {
  const { expiresInSeconds } = fields;
  const isLifetime = isOptional(expiresInSeconds, (value) => value === null || isFrom(1, 1e10, value));
  check(
    fields,
    ['expiresInSeconds'],
    [isLifetime, 'expiresInSeconds', 'must be a number from 1, or null for a token that does not expire.'],
  );
  return expiresInSeconds === undefined ? preset : (expiresInSeconds as number | null);
}

function check(
  fields: Fields,
  known: readonly string[],
  ...rules: readonly (readonly [holds: boolean, name: string, reason: string])[]
): void {
  const problems: FieldProblem[] = Object.keys(fields)
    .filter((name) => !known.includes(name))
    .map((name) => ({ name, reason: `is unknown. Known: ${known.join(', ')}.` }));
  for (const [holds, name, reason] of rules) if (!holds) problems.push({ name, reason });
  if (problems.length > 0) throw invalid(problems);
}

function isOptional(value: unknown, test: (value: unknown) => boolean): boolean {
  return value === undefined || test(value);
}

function isString(value: unknown): boolean {
  return typeof value === 'string';
}

function isText(value: unknown): value is string {
  return typeof value === 'string' && value !== '';
}

function isObject(value: unknown): boolean {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function isFrom(least: number, most: number, value: unknown): boolean {
  return typeof value === 'number' && value >= least && value <= most;
}
