import { ShowpadApiError } from '../error.ts';
import type { Paging } from '../http/pages.ts';
import type { ClientAssumptions } from './assumptions.ts';
import type { LogEntry, NewSubscription, Subscription } from './subscription.ts';

type Fields = Readonly<Record<string, unknown>>;

/** Translates between the types of this client and what Showpad is assumed to send and to understand. */
export interface Mapping extends Paging {
  readonly update: ClientAssumptions['update'];
  write(input: Partial<NewSubscription>): Fields;
  /** @throws ShowpadApiError `UNEXPECTED_RESPONSE` */
  readSubscription(answer: unknown): Subscription;
  /** Reads the key in the response to a create. Undefined if there is none. */
  readSignatureKey(answer: unknown): string | undefined;
  readLogEntry(answer: unknown): LogEntry;
}

export function createMapping(assumptions: ClientAssumptions): Mapping {
  const { endpointField, signatureKeyField, itemsField, update } = assumptions;
  return {
    update,

    write: ({ url, headers, ...input }) => ({
      ...input,
      ...(url !== undefined && { [endpointField]: url }),
      ...(headers && { headers: assumptions.writeHeaders(headers) }),
    }),

    readSubscription(answer) {
      const { [signatureKeyField]: _, ...fields } = readFields(answer, 'A subscription');
      const { id, types, headers } = fields;
      const urlField = [endpointField, 'endpoint', 'url'].find((field) => typeof fields[field] === 'string');
      if (typeof id !== 'string') throw unexpected('A subscription in the response has no id.');
      if (!(Array.isArray(types) && types.every((type) => typeof type === 'string'))) {
        throw unexpected('A subscription in the response has no list of types that are text.');
      }
      if (urlField === undefined) {
        throw unexpected(
          `A subscription in the response has no field "${endpointField}".`,
          'Set assumptions.endpointField.',
        );
      }
      const { [urlField]: url, ...rest } = fields;
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
      const key = readFields(answer, 'A subscription')[signatureKeyField];
      return typeof key === 'string' && key !== '' ? key : undefined;
    },

    readLogEntry: (answer) => assumptions.readLogEntry(readFields(answer, 'A log entry')),

    readPage(answer, readItem) {
      if (Array.isArray(answer)) return { items: answer.map(readItem), nextCursor: undefined };
      const page = readFields(answer, 'A list');
      const items = page[itemsField];
      const cursor = page[assumptions.nextCursorField] ?? undefined;
      if (!Array.isArray(items)) {
        throw unexpected(
          `A list in the response has no field "${itemsField}" with an array.`,
          'Set assumptions.itemsField.',
        );
      }
      return { items: items.map(readItem), nextCursor: cursor === undefined ? undefined : String(cursor) };
    },

    pageQuery({ cursor, limit }) {
      const query = new URLSearchParams();
      if (limit !== undefined) query.set(assumptions.limitParameter, `${limit}`);
      if (cursor !== undefined) query.set(assumptions.cursorParameter, cursor);
      return query;
    },
  };
}

function readFields(value: unknown, label: string): Fields {
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value as Fields;
  throw unexpected(`${label} in the response is not an object.`);
}

function unexpected(
  message: string,
  hint = 'Check the base URL. If it is right, Showpad’s API may have changed, so please report this.',
): ShowpadApiError {
  return new ShowpadApiError('UNEXPECTED_RESPONSE', message, { hint });
}
