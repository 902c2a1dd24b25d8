import { randomBytes } from 'node:crypto';
import { ulid } from './ulid.ts';

export type TokenKind = 'access' | 'refresh' | 'code';

export interface StoredToken {
  readonly id: string;
  readonly kind: TokenKind;
  readonly value: string;
  /** Unix time in ms. Null means never. */
  readonly expiresAt: number | null;
  /** The redirect_uri that a code was issued for. */
  readonly redirectUri?: string;
}

/** A token as it is shown: only its last four characters. */
export interface MaskedToken extends Pick<StoredToken, 'id' | 'kind' | 'expiresAt'> {
  readonly masked: string;
}

/** The oldest are removed first. */
const MAX_TOKENS = 1_000;

/** Bearer tokens, refresh tokens and authorization codes. */
export class Tokens {
  readonly #byValue = new Map<string, StoredToken>();
  readonly #now: () => number;
  readonly #changed: () => void;
  /** Kept apart from the others, because it is not exported and must not be removed to make room for newer ones. */
  #ready: StoredToken | undefined;

  constructor(now: () => number, changed: () => void) {
    this.#now = now;
    this.#changed = changed;
  }

  /** @param lifetimeSeconds null means that the token never expires */
  issue(kind: TokenKind, lifetimeSeconds: number | null, redirectUri?: string): StoredToken {
    const token = this.#make(kind, lifetimeSeconds, redirectUri);
    if (this.#byValue.size >= MAX_TOKENS) this.#byValue.delete(this.#byValue.keys().next().value ?? '');
    this.#byValue.set(token.value, token);
    this.#changed();
    return token;
  }

  /** Returns the token if it is of this kind and has not expired. */
  find(kind: TokenKind, value: string): StoredToken | undefined {
    const token = value === this.#ready?.value ? this.#ready : this.#byValue.get(value);
    const isValid = token?.kind === kind && (token.expiresAt === null || token.expiresAt > this.#now());
    return isValid ? token : undefined;
  }

  /** Like `find`, but the token can be used only once. */
  use(kind: 'refresh' | 'code', value: string): StoredToken | undefined {
    const token = this.find(kind, value);
    if (token) {
      this.#byValue.delete(value);
      this.#changed();
    }
    return token;
  }

  list(): readonly StoredToken[] {
    return [...this.#byValue.values()].filter(({ kind }) => kind !== 'code');
  }

  /** The list, and before it the ready token, if it exists. */
  get all(): readonly StoredToken[] {
    return this.#ready ? [this.#ready, ...this.list()] : this.list();
  }

  /** A bearer token that never expires. It stays the same until all tokens are revoked. */
  get ready(): string {
    this.#ready ??= this.#make('access', null);
    return this.#ready.value;
  }

  clear(): void {
    this.#byValue.clear();
    this.#ready = undefined;
    this.#changed();
  }

  replaceAll(tokens: readonly StoredToken[]): void {
    this.#byValue.clear();
    for (const token of tokens) this.#byValue.set(token.value, token);
  }

  #make(kind: TokenKind, lifetimeSeconds: number | null, redirectUri?: string): StoredToken {
    return {
      id: ulid(this.#now()),
      kind,
      value: randomBytes(32).toString('base64url'),
      expiresAt: lifetimeSeconds === null ? null : this.#now() + lifetimeSeconds * 1_000,
      ...(redirectUri !== undefined && { redirectUri }),
    };
  }
}

export function mask({ id, kind, value, expiresAt }: StoredToken): MaskedToken {
  return { id, kind, expiresAt, masked: `…${value.slice(-4)}` };
}
