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

/**
 * A timer that is set for longer than 2,147,483,647 ms fires at once, so that is the upper limit.
 *
 * @throws TypeError that names the option.
 */
export function checkRange(option: string, value: number): void {
  if (value > 0 && value < 2 ** 31) return;
  throw new TypeError(
    `The option "${option}" must be a number above 0 and below 2,147,483,648, not ${value}.`,
  );
}
