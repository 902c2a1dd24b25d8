/** In seconds: what NTP, a resumed virtual machine or a wrong setting may do to a clock. */
const STEPS_SECONDS = [0, 40, -40, 600, -3_600, 86_400, -86_400, 31 * 86_400, -31 * 86_400];
const EVERY_MS = 20;

/** From now on the wall clock of this process steps back and forth. Clocks that never step go on. */
export function stepClock(): void {
  const { now } = Date;
  let stepMs = 0;
  Date.now = () => now() + stepMs;
  setInterval(() => {
    stepMs = (STEPS_SECONDS[Math.floor(Math.random() * STEPS_SECONDS.length)] ?? 0) * 1_000;
  }, EVERY_MS).unref();
}
