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

/**
 * Rejects a misspelt option, which would be ignored silently.
 *
 * @param known has a key for every option. The settings that were read from the options will do.
 * @param prefix where the options are among others, such as `retry.`.
 * @throws TypeError that names the option, and lists the known ones.
 */
export function checkKnown<Options extends object>(
  options: Options,
  known: Readonly<Record<Options extends unknown ? keyof Options : never, unknown>>,
  prefix = '',
): void {
  const unknown = Object.keys(options).find((option) => !Object.hasOwn(known, option));
  if (unknown !== undefined) {
    throw new TypeError(
      `"${prefix}${unknown}" is not an option. The options are: ${Object.keys(known).join(', ')}.`,
    );
  }
}
