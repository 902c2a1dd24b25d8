/**
 * Rejects NaN, Infinity, 0 and negative numbers, which would switch a limit off or refuse everything.
 *
 * @throws TypeError that names the option.
 */
export function checkAboveZero(options: Readonly<Record<string, number>>): void {
  for (const option in options) {
    const value = options[option] as number;
    if (!(Number.isFinite(value) && value > 0)) {
      throw new TypeError(`The option "${option}" must be a number above 0, not ${value}.`);
    }
  }
}

/**
 * As `checkAboveZero`, for what is counted.
 *
 * @throws TypeError that names the option.
 */
export function checkCounts(options: Readonly<Record<string, number>>): void {
  checkAboveZero(options);
  for (const option in options) {
    const value = options[option];
    if (!Number.isInteger(value)) {
      throw new TypeError(`The option "${option}" must be a whole number, not ${value}.`);
    }
  }
}

/** @throws TypeError that names an option nobody knows, and lists the known ones. */
export function checkKnown(options: object, known: readonly string[]): void {
  const unknown = Object.keys(options).find((option) => !known.includes(option));
  if (unknown !== undefined) {
    throw new TypeError(`"${unknown}" is not an option. The options are: ${known.join(', ')}.`);
  }
}
