import { PermanentError } from '@showpad-webhooks/core';

/** What a callback of the test has thrown, so that the runtime can throw the same. */
export type Thrown =
  | { readonly kind: 'undefined' | 'symbol' | 'unreadable proxy' }
  | { readonly kind: 'value'; readonly value: string | number | boolean | null }
  | { readonly kind: 'response'; readonly status: number }
  | {
      readonly kind: 'error';
      readonly message: string;
      /** The properties of its own, such as `status`. */
      readonly properties: object;
      readonly isPermanent: boolean;
      readonly isFrozen: boolean;
    };

export function describeThrown(thrown: unknown): Thrown {
  if (thrown === undefined) return { kind: 'undefined' };
  if (typeof thrown === 'symbol') return { kind: 'symbol' };
  if (thrown === null || typeof thrown !== 'object') return { kind: 'value', value: thrown as string };
  try {
    if (thrown instanceof Response) return { kind: 'response', status: thrown.status };
    const isPermanent = PermanentError.isInstance(thrown);
    const { message } = thrown as Error;
    return {
      kind: 'error',
      message,
      properties: { ...thrown },
      isPermanent,
      isFrozen: Object.isFrozen(thrown),
    };
  } catch {
    return { kind: 'unreadable proxy' };
  }
}

export function makeThrown(thrown: Thrown): unknown {
  switch (thrown.kind) {
    case 'undefined':
      return undefined;
    case 'symbol':
      return Symbol('thrown');
    case 'value':
      return thrown.value;
    case 'response':
      return new Response('thrown', { status: thrown.status });
    case 'unreadable proxy':
      return unreadable();
    case 'error': {
      const error = thrown.isPermanent ? new PermanentError(thrown.message) : new Error(thrown.message);
      Object.assign(error, thrown.properties);
      return thrown.isFrozen ? Object.freeze(error) : error;
    }
  }
}

function unreadable(): unknown {
  const trap = () => {
    throw new Error('a trap');
  };
  return new Proxy(new Error('proxy'), { get: trap, getPrototypeOf: trap });
}
