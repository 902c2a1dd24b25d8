import type { Telemetry } from '@showpad-webhooks/core';
import type { Watched } from './messages.ts';

interface Watching {
  /** Lets the probe see that the body is being read. */
  readonly read: () => void;
  readonly hold: (bytes: number) => void;
  readonly end: () => void;
}

/** Shows a probe of the test, which is the telemetry of a receiver, what a receiver in another process does with its bodies. */
export function createWatcher(probe: Telemetry): (watched: Watched) => void {
  const deliveries = new Map<number, Watching>();

  function begin(): Watching {
    let onHeld: ((bytes: number) => void) | undefined;
    let read = () => {};
    let end = () => {};
    const isOver = new Promise<void>((resolve) => {
      end = resolve;
    });
    const never = new Promise<Uint8Array>(() => {});
    void probe.aroundDelivery({
      receiverName: 'remote',
      request: {
        method: 'POST',
        headers: {},
        body(_limitBytes, hold) {
          onHeld = hold;
          return never;
        },
      },
      async receive(changed) {
        const { body } = changed ?? {};
        read = () => void (typeof body === 'function' && body(0, () => {}));
        await isOver;
        return { outcome: 'ignored', response: { status: 200, headers: {}, body: '' } } as never;
      },
    });
    return { read: () => read(), hold: (bytes) => onHeld?.(bytes), end: () => end() };
  }

  return ({ delivery, what, bytes = 0 }) => {
    const watching = deliveries.get(delivery) ?? begin();
    deliveries.set(delivery, watching);
    if (what === 'reading') watching.read();
    else if (what === 'held') watching.hold(bytes);
    else watching.end();
  };
}
