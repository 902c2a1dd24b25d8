import { type FieldProblem, invalid } from './problem.ts';

/** What Showpad does not document, and what the emulator does in its place. Every field is a switch. */
export interface Assumptions {
  readonly retryDelays: 'offset' | 'interval';
  readonly retrySignature: 'anew' | 'once';
  readonly retryId: 'same' | 'new';
  readonly eventId: 'shared' | 'per-subscription';
  readonly noAnswer: 'retry' | 'give-up';
  readonly status3xx: 'retry' | 'give-up';
  readonly status408: 'retry' | 'give-up';
  readonly status429: 'retry' | 'give-up';
  readonly timeoutMs: number;
  readonly getDelivery: 'bare' | 'type-in-query';
  readonly contentType: string;
  readonly userAgent: string;
  readonly endpointKey: 'endpoint' | 'url';
  readonly update: 'partial' | 'replace';
  readonly lists: 'page' | 'array';
  readonly oauthErrors: 'rfc6749' | 'v3';
}

/** One entry of the list, as the control API serves it. */
export interface Assumption<Value = unknown> {
  readonly id: string;
  readonly statement: string;
  /** Why this and not another. */
  readonly source: string;
  readonly value: Value;
  /** Null: what it says can't be switched. */
  readonly choices: readonly Value[] | null;
  readonly default: Value;
}

type Entry<Value> = Pick<Assumption<Value>, 'statement' | 'source'> & {
  /** The first is the default. */
  readonly choices: readonly [Value, ...Value[]];
  /** Instead of the choices alone, which are then suggestions. */
  readonly accepts?: { readonly rule: string; readonly test: (value: unknown) => boolean };
};

const HEADER_TEXT = { rule: 'a header’s text', test: (value: unknown) => isHeaderText(value) };

/** The switches. The document is docs/showpad.md, "Unknown". */
const SWITCHES: { readonly [Id in keyof Assumptions]: Entry<Assumptions[Id]> } = {
  retryDelays: {
    statement: 'The retry delays of 3, 7.5 and 14.25 s are offsets from the first failure, or intervals.',
    source: 'Documented without saying which; they are the running sums of 3 × 1.5ⁿ, as offsets would be.',
    choices: ['offset', 'interval'],
  },
  retrySignature: {
    statement: 'A retry is signed anew, with the time it is sent at.',
    source: 'The timestamp is documented as the moment the request was fired.',
    choices: ['anew', 'once'],
  },
  retryId: {
    statement: 'A retry carries the id of the first attempt.',
    source: 'Not documented; the body is taken to be stored once.',
    choices: ['same', 'new'],
  },
  eventId: {
    statement: 'Two subscriptions to one type get the event with one id.',
    source: 'Not documented; the id is taken to be the event’s.',
    choices: ['shared', 'per-subscription'],
  },
  noAnswer: {
    statement: 'No answer (refused, reset, too slow) is tried again, like a 5xx.',
    source: 'Not documented; the endpoint may be back in a moment.',
    choices: ['retry', 'give-up'],
  },
  status3xx: {
    statement: 'A redirect is not followed, and is not tried again.',
    source: 'Not documented; a redirected POST would lose its body, or its signature’s meaning.',
    choices: ['give-up', 'retry'],
  },
  status408: {
    statement: 'A 408 is a 4xx like any other: never tried again.',
    source: 'The rule for 4xx names no exception.',
    choices: ['give-up', 'retry'],
  },
  status429: {
    statement: 'A 429 is a 4xx like any other: never tried again, whatever its Retry-After.',
    source: 'The rule for 4xx names no exception.',
    choices: ['give-up', 'retry'],
  },
  timeoutMs: {
    statement: 'An answer is waited for 15 s, of real time.',
    source: 'Not documented; 15 s is the figure of Showpad’s CRM connector.',
    choices: [15_000, 1_000, 5_000, 30_000],
    accepts: {
      rule: 'whole milliseconds from 1 to 600,000',
      test: (value) => Number.isInteger(value) && Number(value) >= 1 && Number(value) <= 600_000,
    },
  },
  getDelivery: {
    statement:
      'A GET delivery has no body and names no event; its signature covers a full stop and the timestamp.',
    source: 'Not documented; the other choice adds ?type=… to the URL.',
    choices: ['bare', 'type-in-query'],
  },
  contentType: {
    statement: 'A delivery’s Content-Type.',
    source: 'Not documented; the body is JSON.',
    choices: [
      'application/json',
      'application/json; charset=utf-8',
      'application/cloudevents+json',
      'text/plain',
    ],
    accepts: HEADER_TEXT,
  },
  userAgent: {
    statement: 'A delivery’s User-Agent.',
    source: 'Not documented.',
    choices: ['showpad-webhooks-emulator'],
    accepts: HEADER_TEXT,
  },
  endpointKey: {
    statement: 'The subscriptions API calls the endpoint’s URL "endpoint".',
    source: 'Not documented in what can be read without a login.',
    choices: ['endpoint', 'url'],
  },
  update: {
    statement: 'An update changes the fields it names and leaves the others.',
    source: 'Not documented; it is a POST, and "replace" wants every field.',
    choices: ['partial', 'replace'],
  },
  lists: {
    statement:
      'Lists come as { items, nextCursor }, by ?limit= and ?cursor=; the other choice is an array of all.',
    source: 'Not documented.',
    choices: ['page', 'array'],
  },
  oauthErrors: {
    statement: 'OAuth errors are { error, error_description }.',
    source: 'RFC 6749, section 5.2; Showpad’s v3 errors elsewhere are { response: { code, name, message } }.',
    choices: ['rfc6749', 'v3'],
  },
};

/** What is assumed too, and has no switch. */
const FIXED: readonly Pick<Assumption, 'id' | 'statement' | 'source' | 'value'>[] = [
  {
    id: 'keyEncoding',
    statement: 'The signature key’s text is used as it is shown.',
    source: 'Inferred from the one documented example.',
    value: 'UTF-8',
  },
  {
    id: 'keyForm',
    statement: 'A signature key is 32 random bytes, as text.',
    source: 'Not documented; treat it as opaque.',
    value: 'base64url',
  },
  {
    id: 'headerShape',
    statement: 'The headers of a subscription are a list.',
    source: 'Documented as headers[], without its shape.',
    value: '{ name, value }',
  },
  {
    id: 'order',
    statement: 'Deliveries are sent side by side, in no promised order.',
    source: 'Not documented.',
    value: 'unordered',
  },
  {
    id: 'slowBody',
    statement: 'An answer whose body does not end in time counts as none, whatever its status.',
    source: 'Not documented.',
    value: 'no answer',
  },
  {
    id: 'logFields',
    statement: 'The fields of an entry of a subscription’s logs.',
    source: 'Documented as delivery attempts, response codes and errors.',
    value: 'id, eventId, type, attempt, url, method, requestedAt, durationMs, statusCode, error',
  },
  {
    id: 'statusCodes',
    statement: 'The subscriptions API answers 201 to a create, 204 to a delete and 422 to invalid fields.',
    source: 'Not documented.',
    value: '201, 204, 422',
  },
  {
    id: 'scope',
    statement: 'Any OAuth scope is granted, and every token may do everything.',
    source: 'Not documented.',
    value: 'any',
  },
];

const IDS = Object.keys(SWITCHES) as (keyof Assumptions)[];

export const DEFAULT_ASSUMPTIONS: Assumptions = Object.fromEntries(
  IDS.map((id) => [id, SWITCHES[id].choices[0]]),
) as unknown as Assumptions;

/** @throws EmulatorProblem 422 that names what is unknown or not among the choices. */
export function changeAssumptions(
  current: Assumptions,
  changes: Readonly<Record<string, unknown>>,
): Assumptions {
  const problems = Object.entries(changes).flatMap(([id, value]) => problemsOf(id, value));
  if (problems.length > 0) throw invalid(problems);
  return { ...current, ...changes };
}

function problemsOf(name: string, value: unknown): FieldProblem[] {
  if (!Object.hasOwn(SWITCHES, name)) return [{ name, reason: `is no switch. They are: ${IDS.join(', ')}.` }];
  const { choices, accepts }: Entry<unknown> = SWITCHES[name as keyof Assumptions];
  if (accepts ? accepts.test(value) : choices.includes(value)) return [];
  return [{ name, reason: `must be ${accepts?.rule ?? `one of: ${choices.join(', ')}`}.` }];
}

/** The whole list, switches first. */
export function listAssumptions(current: Assumptions): readonly Assumption[] {
  return [
    ...IDS.map((id) => {
      const { statement, source, choices }: Entry<unknown> = SWITCHES[id];
      const value = current[id];
      return {
        id,
        statement,
        source,
        value,
        choices: choices.includes(value) ? choices : [...choices, value],
        default: choices[0],
      };
    }),
    ...FIXED.map((entry) => ({ ...entry, choices: null, default: entry.value })),
  ];
}

/** What a header's value may hold: visible ASCII and spaces within. */
export function isHeaderText(value: unknown): boolean {
  return typeof value === 'string' && /^[\x21-\x7e]([\x20-\x7e\t]*[\x21-\x7e])?$/.test(value);
}
