import type { Telemetry } from '@showpad-webhooks/core';
import type { Watched } from '../bridge/messages.ts';
import { delivery } from './wire.ts';

let lastDelivery = 0;

/** Tells a probe of the test when a body is read, how many bytes of it are held, and when the delivery is over. */
export const watch: Telemetry = {
  async aroundDelivery({ request, receive }) {
    const { body } = request;
    if (typeof body !== 'function') return receive();
    const number = ++lastDelivery;
    const tell = (describe: () => Omit<Watched, 'delivery'>) =>
      delivery.getStore()?.send((wire) => wire.call('watch', { delivery: number, ...describe() }));
    let held = 0;
    let isTelling = false;
    const receipt = await receive({
      ...request,
      body(limitBytes, onHeld) {
        const reading = body(limitBytes, (bytes) => {
          onHeld?.(bytes);
          held = bytes;
          if (isTelling) return; // What waits to be sent will say the latest number.
          isTelling = true;
          tell(() => {
            isTelling = false;
            return { what: 'held', bytes: held };
          });
        });
        tell(() => ({ what: 'reading' }));
        return reading;
      },
    });
    tell(() => ({ what: 'over' }));
    return receipt;
  },
  aroundHandler: ({ run }) => run(),
};
