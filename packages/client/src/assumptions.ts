import { clientError, type ShowpadApiError } from './error.ts';
import type { LogEntry, NewSubscription, Subscription, SubscriptionHeader } from './subscription.ts';

/** What Showpad does not document of its subscriptions API, and what this client takes for granted instead. */
export interface Assumptions {
  /** What the endpoint's URL is called in what is sent. `endpoint` and `url` are both read. Default `endpoint`. */
  readonly endpointKey: string;
  /** The shape of `headers`, both ways. Default: a list of `{ name, value }`. */
  readonly writeHeaders: (headers: readonly SubscriptionHeader[]) => unknown;
  readonly readHeaders: (headers: unknown) => readonly SubscriptionHeader[];
  /** What the key is called in the answer to a create. Default `signatureKey`. */
  readonly signatureKeyKey: string;
  /** `replace`: an update needs every field, so `update` reads the subscription first. Default `partial`. */
  readonly update: 'partial' | 'replace';
  /** Of a page of a list; a plain array is read too, as all there is. Default `items` and `nextCursor`. */
  readonly itemsKey: string;
  readonly nextCursorKey: string;
  /** How a page is asked for. Default `cursor` and `limit`. */
  readonly cursorParameter: string;
  readonly limitParameter: string;
}

const DEFAULTS: Assumptions = {
  endpointKey: 'endpoint',
  writeHeaders: (headers) => headers,
  readHeaders,
  signatureKeyKey: 'signatureKey',
  update: 'partial',
  itemsKey: 'items',
  nextCursorKey: 'nextCursor',
  cursorParameter: 'cursor',
  limitParameter: 'limit',
};

type Fields = Readonly<Record<string, unknown>>;

interface Page<Item> {
  readonly items: readonly Item[];
  readonly nextCursor: string | undefined;
}

/** Turns what callers say into what Showpad is taken to understand, and back. */
export interface Mapping {
  readonly update: Assumptions['update'];
  write(input: Partial<NewSubscription>): Fields;
  /** @throws ShowpadApiError `UNEXPECTED_ANSWER` */
  readSubscription(answer: unknown): Subscription;
  /** The key in the answer to a create, where it is there. */
  readSignatureKey(answer: unknown): string | undefined;
  /** @throws ShowpadApiError `UNEXPECTED_ANSWER` */
  readPage<Item>(answer: unknown, readItem: (item: unknown) => Item): Page<Item>;
  readLogEntry(answer: unknown): LogEntry;
  pageQuery(page: {
    readonly cursor: string | undefined;
    readonly limit: number | undefined;
  }): URLSearchParams;
}

/** @throws TypeError for an assumption that there is not, or of another type. */
export function createMapping(overrides: Partial<Assumptions> = {}): Mapping {
  const assumptions = { ...DEFAULTS, ...overrides };
  for (const [name, value] of Object.entries(assumptions)) {
    if (!Object.hasOwn(DEFAULTS, name)) {
      throw new TypeError(`unknown assumptions.${name}. Known: ${Object.keys(DEFAULTS).join(', ')}.`);
    }
    const type = typeof DEFAULTS[name as keyof Assumptions];
    if (typeof value !== type || value === '') {
      throw new TypeError(`assumptions.${name} must be ${type === 'string' ? 'text' : 'a function'}.`);
    }
  }
  const { endpointKey, signatureKeyKey, update } = assumptions;
  if (update !== 'partial' && update !== 'replace') {
    throw new TypeError("assumptions.update must be 'partial' or 'replace'.");
  }

  return {
    update,

    write: ({ url, headers, ...input }) => ({
      ...input,
      ...(url !== undefined && { [endpointKey]: url }),
      ...(headers && { headers: assumptions.writeHeaders(headers) }),
    }),

    readSubscription(answer) {
      const { [signatureKeyKey]: _, ...fields } = readFields(answer, 'a subscription');
      const { id, types, headers } = fields;
      const urlKey = [endpointKey, 'endpoint', 'url'].find((key) => typeof fields[key] === 'string');
      if (typeof id !== 'string') throw unexpected('a subscription has no id');
      if (!(Array.isArray(types) && types.every((type) => typeof type === 'string'))) {
        throw unexpected('a subscription has no list of types, as text');
      }
      if (urlKey === undefined) {
        throw unexpected(`a subscription has no "${endpointKey}": set assumptions.endpointKey`);
      }
      const { [urlKey]: url, ...rest } = fields;
      return {
        ...rest,
        id,
        name: typeof fields.name === 'string' ? fields.name : '',
        types,
        url: url as string,
        method: fields.method === 'GET' ? 'GET' : 'POST',
        headers: assumptions.readHeaders(headers ?? []),
      };
    },

    readSignatureKey(answer) {
      const key = readFields(answer, 'a subscription')[signatureKeyKey];
      return typeof key === 'string' && key !== '' ? key : undefined;
    },

    readPage(answer, readItem) {
      if (Array.isArray(answer)) return { items: answer.map(readItem), nextCursor: undefined };
      const page = readFields(answer, 'a list');
      const items = page[assumptions.itemsKey];
      const cursor = page[assumptions.nextCursorKey] ?? undefined;
      if (!Array.isArray(items)) {
        throw unexpected(`a list has no "${assumptions.itemsKey}": set assumptions.itemsKey`);
      }
      return { items: items.map(readItem), nextCursor: cursor === undefined ? undefined : String(cursor) };
    },

    readLogEntry: (answer) => readFields(answer, 'an entry of the logs'),

    pageQuery({ cursor, limit }) {
      const query = new URLSearchParams();
      if (limit !== undefined) query.set(assumptions.limitParameter, `${limit}`);
      if (cursor !== undefined) query.set(assumptions.cursorParameter, cursor);
      return query;
    },
  };
}

function readHeaders(headers: unknown): readonly SubscriptionHeader[] {
  const isKnown =
    Array.isArray(headers) &&
    headers.every((each) => typeof each?.name === 'string' && typeof each.value === 'string');
  if (isKnown) return headers;
  throw unexpected(
    'its headers are no list of { name, value }: set assumptions.readHeaders and writeHeaders',
  );
}

function readFields(value: unknown, what: string): Fields {
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value as Fields;
  throw unexpected(`${what} is no object`);
}

function unexpected(detail: string): ShowpadApiError {
  return clientError('UNEXPECTED_ANSWER', 'The answer is not what this client takes it to be', `${detail}.`);
}
