import { delivery } from './wire.ts';

let lastTimer = 0;
const running = new Set<number>();

/**
 * Lets deliveries that a test watches have timers of the test, which may move its clock. Everything else has the timers of the
 * runtime.
 */
export function lendTimersOfTest(): void {
  const { setTimeout: set, clearTimeout: clear } = globalThis;
  const setRemote = (call: () => void, ms: number) => {
    const outgoing = delivery.getStore();
    if (!outgoing?.isWatched) return set(call, ms);
    const timer = --lastTimer; // The timers of a runtime may be numbers above 0.
    running.add(timer);
    outgoing.send(async (wire) => {
      // The headers of the answer say that the timer is set, and its end says that the time is over.
      const answer = await wire.post('timer', { timer, ms });
      void answer.text().then(
        () => running.delete(timer) && call(),
        () => {},
      );
    });
    return timer;
  };
  const clearRemote = (timer: Parameters<typeof clear>[0]) => {
    if (!running.delete(timer as unknown as number)) return clear(timer);
    delivery.getStore()?.send((wire) => wire.call('clearTimer', timer as unknown as number));
  };
  Object.assign(globalThis, { setTimeout: setRemote, clearTimeout: clearRemote });
}
