/** @throws TypeError that names the option: NaN, Infinity, 0 and less would switch a bound off, or refuse everything. */
export function checkAboveZero(option: string, value: number): void {
  if (!(Number.isFinite(value) && value > 0))
    throw new TypeError(`${option} must be a number above 0, not ${value}.`);
}
