/**
 * `prefix` is the path of the options, such as `retry.`.
 *
 * @throws TypeError that names an option nobody knows, and lists the known ones.
 */
export function checkKnown(options: object, known: readonly string[], prefix = ''): void {
  const unknown = Object.keys(options).find((option) => !known.includes(option));
  if (unknown !== undefined) {
    throw new TypeError(`"${prefix}${unknown}" is not an option. The options are: ${known.join(', ')}.`);
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
