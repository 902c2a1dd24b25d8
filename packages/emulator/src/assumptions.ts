import * as v from 'valibot';
import { checkInput, fields, headerText, wholeNumber } from './input.ts';

/** What Showpad does not document, and what the emulator does instead. Every field can be switched. */
export interface EmulatorAssumptions {
  readonly retryDelays: 'offset' | 'interval';
  readonly retrySignature: 'per-attempt' | 'once';
  readonly retryId: 'same' | 'new';
  readonly eventId: 'shared' | 'per-subscription';
  readonly noAnswer: 'retry' | 'give-up';
  readonly status3xx: 'retry' | 'give-up';
  readonly status408: 'retry' | 'give-up';
  readonly status429: 'retry' | 'give-up';
  readonly timeoutMs: number;
  readonly getDelivery: 'bare' | 'type-in-query' | 'body';
  readonly eventAgeMs: number;
  readonly contentAddedType: string;
  readonly contentAddedItems: number;
  readonly contentType: string;
  readonly userAgent: string;
  readonly endpointField: 'endpoint' | 'url';
  readonly update: 'partial' | 'replace';
  readonly lists: 'page' | 'array';
  readonly logHeaders: 'none' | 'response';
  readonly oauthErrors: 'rfc6749' | 'v3';
}

/** One entry of the list of assumptions. */
export interface EmulatorAssumption<Value = unknown> {
  readonly id: string;
  readonly statement: string;
  /** Why the emulator assumes this. */
  readonly source: string;
  readonly value: Value;
  /** Null if the assumption cannot be switched. */
  readonly choices: readonly Value[] | null;
  readonly default: Value;
}

type Entry<Value> = Pick<EmulatorAssumption<Value>, 'statement' | 'source'> & {
  /** The first is the default. */
  readonly choices: readonly [Value, ...Value[]];
  /** What is allowed, if the choices are only suggestions. */
  readonly accepts?: v.GenericSchema<unknown>;
};

/** The switches. docs/showpad.md lists them under "Unknown". */
const SWITCHES: { readonly [Id in keyof EmulatorAssumptions]: Entry<EmulatorAssumptions[Id]> } = {
  retryDelays: {
    statement:
      'The retry delays of 3, 7.5 and 14.25 s are counted from the first failure (offset), or from the previous one (interval).',
    source:
      'Showpad documents the delays without saying which. They are the running sums of 3 × 1.5ⁿ, which suggests offsets. A third party reads them as pauses (interval).',
    choices: ['offset', 'interval'],
  },
  retrySignature: {
    statement: 'Each retry gets a new signature, with the time at which it is sent.',
    source: 'Showpad documents the timestamp as the moment the request was fired.',
    choices: ['per-attempt', 'once'],
  },
  retryId: {
    statement: 'A retry has the same id as the first attempt.',
    source: 'Showpad does not document this. We assume that it stores the body once.',
    choices: ['same', 'new'],
  },
  eventId: {
    statement: 'Two subscriptions to the same type receive an event with the same id.',
    source: 'Showpad does not document this. We assume that the id belongs to the event.',
    choices: ['shared', 'per-subscription'],
  },
  noAnswer: {
    statement:
      'If there is no response (connection refused or reset, or a timeout), the delivery is retried, as after a 5xx.',
    source: 'Showpad does not document this. The endpoint may be back in a moment.',
    choices: ['retry', 'give-up'],
  },
  status3xx: {
    statement: 'A redirect is not followed, and the delivery is not retried.',
    source:
      'Showpad does not document this. A redirected POST would lose its body or invalidate its signature.',
    choices: ['give-up', 'retry'],
  },
  status408: {
    statement: 'A 408 is treated like every other 4xx: the delivery is never retried.',
    source: 'Showpad’s rule for 4xx names no exception.',
    choices: ['give-up', 'retry'],
  },
  status429: {
    statement:
      'A 429 is treated like every other 4xx: the delivery is never retried, even with a Retry-After header.',
    source: 'Showpad’s rule for 4xx names no exception.',
    choices: ['give-up', 'retry'],
  },
  timeoutMs: {
    statement: 'Showpad waits 15 s for a response. The emulator measures this in real time.',
    source: 'Showpad does not document this. 15 s is the timeout of its CRM connector.',
    choices: [15_000, 1_000, 5_000, 30_000],
    accepts: wholeNumber(1, 600_000),
  },
  getDelivery: {
    statement:
      'A GET delivery has no body and does not name the event. Its signature covers a full stop and the timestamp.',
    source:
      'Showpad does not document this. One choice adds ?type=… to the URL. With "body", the payload is in the body, as the one general sentence says, which makes no exception for GET.',
    choices: ['bare', 'type-in-query', 'body'],
  },
  eventAgeMs: {
    statement:
      'How long ago an event happened when it is sent. This changes "time", and not the timestamp of the signature.',
    source:
      'Inferred. Showpad says of its event export that the time of an action and the time it reaches Showpad can be significantly different.',
    choices: [0, 3_600_000, 604_800_000],
    accepts: wholeNumber(0, 31_536_000_000),
  },
  contentAddedType: {
    statement: 'The type and the fields of "Content added to Shared Space (V2)".',
    source:
      'Inferred. Showpad documents its display name, that it is batched, and that "initiator" replaces "participant". Set the type that your subscription shows, or an empty text for none.',
    choices: ['shared-space-content-added-v2', ''],
    accepts: v.pipe(v.string(), v.maxLength(200, 'must have at most 200 characters.')),
  },
  contentAddedItems: {
    statement: 'How many items the sample of "Content added to Shared Space (V2)" has.',
    source: 'Showpad documents up to 1,000 items per event. How many an event usually has is unknown.',
    choices: [3, 1, 1_000],
    accepts: wholeNumber(0, 1_000),
  },
  contentType: {
    statement: 'The Content-Type of a delivery.',
    source: 'Showpad does not document this. The body is JSON.',
    choices: [
      'application/json',
      'application/json; charset=utf-8',
      'application/cloudevents+json',
      'text/plain',
    ],
    accepts: headerText(),
  },
  userAgent: {
    statement: 'The User-Agent of a delivery.',
    source: 'Showpad does not document this.',
    choices: ['showpad-webhooks-emulator'],
    accepts: headerText(),
  },
  endpointField: {
    statement: 'The subscriptions API calls the URL of the endpoint "endpoint".',
    source: 'The documentation that can be read without a login does not say.',
    choices: ['endpoint', 'url'],
  },
  update: {
    statement: 'An update changes the fields that it names and leaves the others as they are.',
    source:
      'Showpad does not document this. An update is a POST. With "replace", it must contain every field.',
    choices: ['partial', 'replace'],
  },
  lists: {
    statement:
      'A list is { items, nextCursor }, with ?limit= and ?cursor=. The other choice is one array of everything.',
    source: 'Showpad does not document this.',
    choices: ['page', 'array'],
  },
  logHeaders: {
    statement:
      'An entry of the logs of a subscription has no headers. The other choice adds those of the response, as responseHeaders.',
    source:
      'Showpad does not document this. Its Admin App shows the responses, but the documentation does not say whether with headers.',
    choices: ['none', 'response'],
  },
  oauthErrors: {
    statement: 'OAuth errors are { error, error_description }.',
    source:
      'RFC 6749, section 5.2. Elsewhere, errors of Showpad’s v3 are { response: { code, name, message } }.',
    choices: ['rfc6749', 'v3'],
  },
};

/** The assumptions that cannot be switched. */
const FIXED: readonly Pick<EmulatorAssumption, 'id' | 'statement' | 'source' | 'value'>[] = [
  {
    id: 'keyEncoding',
    statement: 'The signature key is used as the text that Showpad shows. It is not decoded.',
    source: 'Inferred from the only documented example.',
    value: 'UTF-8',
  },
  {
    id: 'keyForm',
    statement: 'A signature key is 32 random bytes, written as text.',
    source: 'Showpad does not document this. Do not rely on its form.',
    value: 'base64url',
  },
  {
    id: 'headerShape',
    statement: 'The headers of a subscription are a list of names and values.',
    source: 'Showpad documents headers[], but not what is in it.',
    value: '{ name, value }',
  },
  {
    id: 'order',
    statement: 'Deliveries are sent in parallel, and their order is not guaranteed.',
    source: 'Showpad does not document this.',
    value: 'unordered',
  },
  {
    id: 'slowBody',
    statement: 'If the body of a response does not end in time, there was no response, whatever its status.',
    source: 'Showpad does not document this.',
    value: 'no response',
  },
  {
    id: 'logFields',
    statement: 'The fields of an entry in the logs of a subscription.',
    source: 'Showpad documents them as delivery attempts, response codes and errors.',
    value: 'id, eventId, type, attempt, url, method, requestedAt, durationMs, statusCode, error',
  },
  {
    id: 'statusCodes',
    statement:
      'The subscriptions API responds with 201 to a create, 204 to a delete and 422 to invalid fields.',
    source: 'Showpad does not document this.',
    value: '201, 204, 422',
  },
  {
    id: 'scope',
    statement: 'Every OAuth scope is granted, and every token may do everything.',
    source: 'Showpad does not document this.',
    value: 'any',
  },
];

const IDS = Object.keys(SWITCHES) as (keyof EmulatorAssumptions)[];

export const DEFAULT_ASSUMPTIONS: EmulatorAssumptions = Object.fromEntries(
  IDS.map((id) => [id, SWITCHES[id].choices[0]]),
) as unknown as EmulatorAssumptions;

const CHANGES = fields(
  Object.fromEntries(
    Object.entries<Entry<unknown>>(SWITCHES).map(([id, { choices, accepts }]) => [
      id,
      v.exactOptional(accepts ?? v.picklist(choices as readonly string[])),
    ]),
  ),
);

/** @throws EmulatorProblem `INPUT_INVALID` that names what is unknown or not among the choices */
export function changeAssumptions(
  current: EmulatorAssumptions,
  changes: Readonly<Record<string, unknown>>,
): EmulatorAssumptions {
  return { ...current, ...checkInput(CHANGES, changes) };
}

/** The whole list, beginning with the switches. */
export function listAssumptions(current: EmulatorAssumptions): readonly EmulatorAssumption[] {
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
