import type { WebhookHeaders } from './headers.ts';
import type { MaybePromise } from './promise.ts';

/** A signature key as Showpad showed it once, at the subscription's creation; the label is yours, for receipts and logs. */
export type SignatureKey = string | { readonly label: string; readonly key: string };

/** What a key resolver may choose by. Nothing in it is authentic yet. */
export interface KeyHint {
  /** Lower-case names. A subscription can carry custom headers: a good place for its name. */
  readonly headers: Readonly<Record<string, string>>;
  readonly url: string | undefined;
}

/** Looks keys up per delivery. One that throws, takes over 2.5 s or finds no key is answered 503, never 4xx. */
export type KeyResolver = (hint: KeyHint) => MaybePromise<SignatureKey | readonly SignatureKey[]>;

/** One key, several (one per subscription; old and new during a rotation), or a resolver. */
export type SignatureKeys = SignatureKey | readonly SignatureKey[] | KeyResolver;

export interface PreparedKey {
  readonly label: string | undefined;
  /** Its HMAC takes it as UTF-8: inferred, not documented (docs/showpad.md, "Signature"). */
  readonly text: string;
}

/** Every key costs a forged delivery one more HMAC over its body, so the list may not grow without bound. */
const MAX_KEYS = 1_000;

/** Throws a TypeError that says which key breaks which rule, and never shows the key. */
export function prepareKeys(
  keys: SignatureKey | readonly SignatureKey[],
  maxKeys: number = MAX_KEYS,
): PreparedKey[] {
  const list: readonly unknown[] = Array.isArray(keys) ? keys : [keys];
  if (list.length === 0) throw new TypeError('keys is an empty list: pass a signature key.');
  if (list.length > maxKeys) {
    throw new TypeError(`${list.length} keys, at most ${maxKeys} are tried: pass a function that chooses.`);
  }
  return list.map((entry, index) => prepareKey(entry, Array.isArray(keys) ? `keys[${index}]` : 'keys'));
}

function prepareKey(entry: unknown, where: string): PreparedKey {
  const isLabelled = typeof entry === 'object' && entry !== null;
  const { label, key } = (isLabelled ? entry : { key: entry }) as { label?: unknown; key?: unknown };
  if (typeof key !== 'string') {
    throw new TypeError(
      `${where} is ${key === null ? 'null' : typeof key}, not a string: is the environment variable set?`,
    );
  }
  if (isLabelled && (typeof label !== 'string' || label === '')) {
    throw new TypeError(`${where}.label must be a non-empty string.`);
  }
  if (key.trim() === '') throw new TypeError(`${where} is blank: is the environment variable set?`);
  if (key.trim() !== key) {
    throw new TypeError(`${where} begins or ends with white space: trim it.`);
  }
  return { label: label as string | undefined, text: key };
}

export interface Keyring {
  /** The keys to try, the likeliest first. */
  candidates(headers: WebhookHeaders, url: string | undefined): MaybePromise<readonly PreparedKey[]>;
  /** Remembers a key that matched, so that it is tried first next time. */
  promote(key: PreparedKey): void;
}

export function createKeyring(keys: SignatureKeys): Keyring {
  if (typeof keys === 'function') {
    // Loaded by those alone who have a resolver.
    const resolving = import('./resolve-keys.ts');
    return {
      candidates: (headers, url) => resolving.then(({ resolveKeys }) => resolveKeys(keys, headers, url)),
      promote: () => {},
    };
  }
  const prepared = prepareKeys(keys);
  return {
    candidates: () => prepared,
    promote(key) {
      const index = prepared.indexOf(key);
      if (index > 0) prepared.unshift(...prepared.splice(index, 1));
    },
  };
}
