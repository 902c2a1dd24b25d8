/** In seconds: what NTP, a resumed virtual machine or a wrong setting may do to a clock. */
export const STEPS_SECONDS: readonly number[] = [
  0,
  40,
  -40,
  600,
  -3_600,
  86_400,
  -86_400,
  31 * 86_400,
  -31 * 86_400,
];
const EVERY_MS = 20;

/** Returns a function that sets by how many ms the wall clock of this process is wrong. Clocks that never step go on. */
export function createWrongClock(): (stepMs: number) => void {
  const { now } = Date;
  let wrongByMs = 0;
  Date.now = () => now() + wrongByMs;
  return (stepMs) => {
    wrongByMs = stepMs;
  };
}

/** From now on the wall clock of this process steps back and forth. */
export function stepClock(): void {
  const setStep = createWrongClock();
  setInterval(() => {
    setStep((STEPS_SECONDS[Math.floor(Math.random() * STEPS_SECONDS.length)] ?? 0) * 1_000);
  }, EVERY_MS).unref();
}
