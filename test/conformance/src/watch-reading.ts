import type { Telemetry } from '@showpad-webhooks/core';

/** Pass `telemetry` to a receiver. `isReading` resolves when the receiver has begun to read the body of a delivery. */
export function watchReading(): { readonly telemetry: Telemetry; readonly isReading: Promise<void> } {
  let begin = () => {};
  const isReading = new Promise<void>((resolve) => {
    begin = resolve;
  });
  const telemetry: Telemetry = {
    aroundDelivery: ({ request, receive }) => {
      const { body } = request;
      if (typeof body !== 'function') return receive();
      const read: typeof body = (limitBytes, onHeld) => {
        const reading = body(limitBytes, onHeld);
        setImmediate(begin); // The time limit of a body begins with the next turn of the event loop.
        return reading;
      };
      return receive({ ...request, body: read });
    },
    aroundHandler: ({ run }) => run(),
  };
  return { telemetry, isReading };
}
