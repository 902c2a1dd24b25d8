import type { Telemetry } from '@showpad-webhooks/core';

export interface HeldBytes {
  /** Pass it to a receiver. */
  readonly telemetry: Telemetry;
  /** The bytes of bodies that the receiver holds now, for all deliveries together. */
  now(): number;
  /** The most that it has held at any time. */
  most(): number;
}

/** Watches how many bytes of bodies a receiver holds. */
export function watchHeld(): HeldBytes {
  const held = new Map<object, number>();
  const now = () => [...held.values()].reduce((sum, bytes) => sum + bytes, 0);
  let most = 0;
  const telemetry: Telemetry = {
    async aroundDelivery({ request, receive }) {
      const { body } = request;
      if (typeof body !== 'function') return receive();
      const read = (limitBytes: number, onHeld?: (bytes: number) => void) =>
        body(limitBytes, (bytes) => {
          onHeld?.(bytes);
          held.set(request, bytes);
          most = Math.max(most, now());
        });
      const receipt = await receive({ ...request, body: read });
      held.delete(request);
      return receipt;
    },
    aroundHandler: ({ run }) => run(),
  };
  return { telemetry, now, most: () => most };
}
