/** @throws TypeError that names the option: NaN, Infinity, 0 and less would switch a bound off, or refuse everything. */
export function checkAboveZero(options: Readonly<Record<string, number>>): void {
  for (const [option, value] of Object.entries(options)) {
    if (!(Number.isFinite(value) && value > 0)) {
      throw new TypeError(`${option} must be a number above 0, not ${value}.`);
    }
  }
}
