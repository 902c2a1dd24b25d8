import type { AnyReceiver } from '@showpad-webhooks/core';

const REGISTERING = ['on', 'onAny', 'onUnknown'] as const;
const used = new WeakSet<AnyReceiver>();

/** Remembers whether anybody registers a handler, because providers may do so themselves, with the receiver that they inject. */
export function watchRegistrations(receiver: AnyReceiver): AnyReceiver {
  for (const method of REGISTERING) {
    const register: (...args: never[]) => AnyReceiver = receiver[method];
    const watched: typeof register = (...args) => {
      used.add(receiver);
      return register(...args);
    };
    Object.assign(receiver, { [method]: watched });
  }
  return receiver;
}

export function hasRegistrations(receiver: AnyReceiver): boolean {
  return used.has(receiver);
}
