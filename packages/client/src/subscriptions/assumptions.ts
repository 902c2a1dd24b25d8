import { checkKnown } from '../check.ts';
import { ShowpadApiError } from '../error.ts';
import type { LogEntry, SubscriptionHeader } from './subscription.ts';

/** What Showpad does not document about its subscriptions API, and what this client assumes instead. */
export interface ClientAssumptions {
  /** The field with the endpoint's URL in a request. In a response, `url` is read too. Default `endpoint`. */
  readonly endpointField: string;
  /** Makes the `headers` of a request. Default: a list of `{ name, value }`. */
  readonly writeHeaders: (headers: readonly SubscriptionHeader[]) => unknown;
  /** Reads the `headers` of a response. Default: a list of `{ name, value }`. */
  readonly readHeaders: (headers: unknown) => readonly SubscriptionHeader[];
  /** The field with the signature key in the response to a create. Default `signatureKey`. */
  readonly signatureKeyField: string;
  /** With `replace`, an update needs every field, so `update` reads the subscription first. Default `partial`. */
  readonly update: 'partial' | 'replace';
  /** Makes a log entry from one of a response. Default: its fields as they are. */
  readonly readLogEntry: (entry: Readonly<Record<string, unknown>>) => LogEntry;
  /** The field with the items of a page. A plain array is read as the whole list. Default `items`. */
  readonly itemsField: string;
  /** The field with the cursor of the next page. Default `nextCursor`. */
  readonly nextCursorField: string;
  /** The query parameter for the cursor. Default `cursor`. */
  readonly cursorParameter: string;
  /** The query parameter for the page size. Default `limit`. */
  readonly limitParameter: string;
}

const DEFAULTS: ClientAssumptions = {
  endpointField: 'endpoint',
  writeHeaders: (headers) => headers,
  readHeaders,
  signatureKeyField: 'signatureKey',
  update: 'partial',
  readLogEntry: (entry) => entry,
  itemsField: 'items',
  nextCursorField: 'nextCursor',
  cursorParameter: 'cursor',
  limitParameter: 'limit',
};

/** @throws TypeError for an assumption that does not exist, or has the wrong type. */
export function readAssumptions(given: Partial<ClientAssumptions> = {}): ClientAssumptions {
  checkKnown(given, DEFAULTS, 'assumptions.');
  for (const [name, value] of Object.entries(given)) {
    const type = typeof DEFAULTS[name as keyof ClientAssumptions];
    if (typeof value !== type || value === '') {
      throw new TypeError(
        `The option "assumptions.${name}" must be ${type === 'string' ? 'text' : 'a function'}.`,
      );
    }
  }
  const assumptions = { ...DEFAULTS, ...given };
  if (assumptions.update !== 'partial' && assumptions.update !== 'replace') {
    throw new TypeError(`The option "assumptions.update" must be 'partial' or 'replace'.`);
  }
  return assumptions;
}

function readHeaders(headers: unknown): readonly SubscriptionHeader[] {
  const isKnown =
    Array.isArray(headers) &&
    headers.every((each) => typeof each?.name === 'string' && typeof each.value === 'string');
  if (isKnown) return headers;
  throw new ShowpadApiError(
    'UNEXPECTED_RESPONSE',
    'The headers of a subscription are not a list of { name, value }.',
    {
      hint: 'Set assumptions.readHeaders and assumptions.writeHeaders.',
    },
  );
}
