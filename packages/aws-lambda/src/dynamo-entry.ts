import { readDone } from '@showpad-webhooks/core/store';
import type { Item } from './dynamo-table.ts';

/** What a ledger keeps of an event. All times are unix ms. */
export interface LedgerEntry {
  readonly state: 'claimed' | 'released' | 'completed';
  readonly fence: number;
  readonly attempt: number;
  /** When the event was claimed for the first time. */
  readonly firstMs: number;
  readonly bodyDigest: number;
  /** When the lease ends, or when the event is forgotten. */
  readonly untilMs: number;
  /** The names of the handlers that are done. */
  readonly handlers: readonly string[];
}

export function toItem({ state, handlers, ...numbers }: LedgerEntry): Item {
  const item: Item = { state: { S: state }, handlers: { L: handlers.map(toText) } };
  for (const [name, value] of Object.entries(numbers)) item[name] = toNumber(value);
  return item;
}

export function toEntry(item: Item): LedgerEntry {
  const number = (name: string) => Number(item[name]?.N);
  return {
    state: item.state?.S as LedgerEntry['state'],
    fence: number('fence'),
    attempt: number('attempt'),
    firstMs: number('firstMs'),
    bodyDigest: number('bodyDigest'),
    untilMs: number('untilMs'),
    handlers: readDone(`[${(item.handlers?.L ?? []).map(({ S }) => S).join()}]`),
  };
}

export function toNumber(value: number): { readonly N: string } {
  return { N: `${value}` };
}

/** A name as JSON, because the text of DynamoDB is UTF-8, and a name may have half a surrogate pair. */
export function toText(name: string): { readonly S: string } {
  return { S: JSON.stringify(name) };
}

/** The attribute by which DynamoDB deletes an item, some time after it has expired. It is in seconds. */
export function expiry(expiresMs: number): { readonly N: string } {
  return toNumber(Math.ceil(expiresMs / 1000));
}
