import { Buffer } from 'node:buffer';
import { ShowpadWebhookError } from '../shared/error.ts';
import { plainHeaders, type WebhookHeaders } from '../shared/headers.ts';
import { DEADLINE_MS, type MaybePromise, withDeadline } from '../shared/promise.ts';

/** A signature key as Showpad showed it once, when the subscription was created. The label is your name for it, for receipts and logs. */
export type SignatureKey = string | { readonly label: string; readonly key: string };

/** What a key resolver can choose by. Nothing in it is verified yet. */
export interface KeyLookup {
  /** All names are lower case. A subscription can send custom headers, which is a good place for its name. */
  readonly headers: Readonly<Record<string, string>>;
  readonly url: string | undefined;
}

/** Looks keys up for each delivery. If it throws, takes longer than 2.5 s or finds no key, the answer is 503 and never a 4xx. */
export type KeyResolver = (lookup: KeyLookup) => MaybePromise<SignatureKey | readonly SignatureKey[]>;

/** One key; several keys, one per subscription, or the old and the new one during a rotation; or a function that looks them up. */
export type SignatureKeys = SignatureKey | readonly SignatureKey[] | KeyResolver;

export interface PreparedKey {
  readonly label: string | undefined;
  /** The UTF-8 bytes of the key. That the HMAC uses them is inferred and not documented: docs/showpad.md, "Signature". */
  readonly bytes: Buffer;
}

/** With every key a forged delivery costs one more HMAC over its body, so the list is limited. */
const MAX_KEYS = 1_000;
/** A forger chooses what is looked up, so fewer keys are tried after a lookup. */
const MAX_RESOLVED_KEYS = 20;

/** @throws TypeError that says which key breaks which rule, and never shows the key. */
export function prepareKeys(
  keys: SignatureKey | readonly SignatureKey[],
  maxKeys: number = MAX_KEYS,
): PreparedKey[] {
  if (!Array.isArray(keys)) return [prepareKey(keys, 'keys')];
  if (keys.length === 0) throw new TypeError('keys is an empty list. Pass at least one signature key.');
  if (keys.length > maxKeys) {
    throw new TypeError(
      `keys has ${keys.length} entries, and at most ${maxKeys} are tried. Pass a function that chooses.`,
    );
  }
  return keys.map((entry, index) => prepareKey(entry, `keys[${index}]`));
}

/** @throws TypeError as `prepareKeys`. */
export function prepareKey(entry: unknown, place: string): PreparedKey {
  const isLabelled = typeof entry === 'object' && entry !== null;
  const { label, key } = (isLabelled ? entry : { key: entry }) as { label?: unknown; key?: unknown };
  if (typeof key !== 'string') {
    const type = key === null ? 'null' : typeof key;
    throw new TypeError(`${place} is ${type}, and not a string. Is the environment variable set?`);
  }
  if (isLabelled && (typeof label !== 'string' || label === '')) {
    throw new TypeError(`${place}.label must be a string that is not empty.`);
  }
  if (key.trim() === '') throw new TypeError(`${place} is blank. Is the environment variable set?`);
  if (key.trim() !== key) {
    throw new TypeError(`${place} begins or ends with white space. Trim it.`);
  }
  return { label: label as string | undefined, bytes: Buffer.from(key) };
}

export interface Keyring {
  /** The keys to try, the likeliest one first. */
  candidates(headers: WebhookHeaders, url: string | undefined): MaybePromise<readonly PreparedKey[]>;
  /** Remembers a key that matched, so that it is tried first next time. */
  promote(key: PreparedKey): void;
}

/** @throws TypeError as `prepareKeys`. */
export function createKeyring(keys: SignatureKeys): Keyring {
  if (typeof keys === 'function') {
    return { candidates: (headers, url) => resolveKeys(keys, headers, url), promote: () => {} };
  }
  let prepared: readonly PreparedKey[] = prepareKeys(keys);
  return {
    candidates: () => prepared,
    promote(key) {
      if (prepared[0] !== key) prepared = [key, ...prepared.filter((each) => each !== key)];
    },
  };
}

async function resolveKeys(
  resolver: KeyResolver,
  headers: WebhookHeaders,
  url: string | undefined,
): Promise<readonly PreparedKey[]> {
  try {
    const resolving = (async () => resolver({ headers: plainHeaders(headers), url }))();
    return prepareKeys(await withDeadline(resolving), MAX_RESOLVED_KEYS);
  } catch (cause) {
    throw new ShowpadWebhookError('KEY_LOOKUP_FAILED', 'Your key resolver returned no usable key.', {
      hint: `It threw, took longer than ${DEADLINE_MS} ms, or returned no key: see error.cause. Showpad will retry.`,
      cause,
    });
  }
}
