import * as v from 'valibot';
import { type EmulatorFieldProblem, invalid } from './problem.ts';

/**
 * Checks what came from outside, and fills in the defaults.
 *
 * @throws EmulatorProblem `INPUT_INVALID` that names each wrong field, or what `toError` makes of them
 */
export function checkInput<Output>(
  schema: v.GenericSchema<unknown, Output>,
  input: unknown,
  toError: (problems: readonly EmulatorFieldProblem[]) => Error = invalid,
): Output {
  const { success, output, issues } = v.safeParse(schema, input, { message: reasonOf, abortPipeEarly: true });
  if (success) return output;
  throw toError(issues.map(({ path, message }) => ({ name: nameOf(path), reason: message })));
}

/** `headers[0].name`, or `body` for the whole input. */
function nameOf(path: v.BaseIssue<unknown>['path']): string {
  const parts = path?.map(({ key }) => (typeof key === 'number' ? `[${key}]` : `.${key}`)) ?? ['body'];
  return parts.join('').replace(/^\./, '');
}

const REASONS: Readonly<Record<string, string>> = {
  array: 'must be a list.',
  boolean: 'must be true or false.',
  finite: 'must be a finite number.',
  integer: 'must be a whole number.',
  non_empty: 'must not be empty.',
  number: 'must be a number.',
  string: 'must be text.',
};

/** The message for an issue whose schema has no message of its own. */
function reasonOf({ type, input, requirement, expected }: v.BaseIssue<unknown>): string {
  const limit = typeof requirement === 'number' ? requirement.toLocaleString('en') : '';
  if (type === 'min_value') return `must be ${limit} or more.`;
  if (type === 'max_value') return `must be ${limit} or less.`;
  if (type === 'max_length') {
    return `must have ${limit} ${typeof input === 'string' ? 'characters' : 'entries'} or less.`;
  }
  if (expected === 'Object') return 'must be an object.';
  const choices = expected?.replace(/[()]/g, '').split(' | ') ?? [];
  return REASONS[type] ?? `must be ${choices.length > 1 ? 'one of these: ' : ''}${choices.join(', ')}.`;
}

/** An object with these fields and no others. */
export function fields<const Entries extends v.ObjectEntries>(
  entries: Entries,
): v.StrictObjectSchema<Entries, (issue: v.StrictObjectIssue) => string> {
  return v.strictObject(entries, ({ expected, path }) => {
    if (!path) return 'must be an object.';
    if (expected !== 'never') return 'is missing.';
    return `is unknown. Use one of these: ${Object.keys(entries).join(', ')}.`;
  });
}

/** An object whose fields are not checked. */
export function anyObject(): v.GenericSchema<Readonly<Record<string, unknown>>> {
  const isObject = (value: unknown) => typeof value === 'object' && value !== null && !Array.isArray(value);
  return v.custom<Readonly<Record<string, unknown>>>(isObject, 'must be an object.');
}

export function shortText(): v.GenericSchema<string> {
  const isTrimmed = (text: string) => text === text.trim();
  const rule = 'must not begin or end with a space.';
  return v.pipe(v.string(), v.nonEmpty(), v.maxLength(255), v.check(isTrimmed, rule));
}

export function headerText(): v.GenericSchema<string> {
  const rule = 'must be visible ASCII text that does not begin or end with a space.';
  return v.pipe(v.string(), v.regex(/^[\x21-\x7e]([\x20-\x7e\t]*[\x21-\x7e])?$/, rule));
}

export function numberFrom(least: number, most: number): v.GenericSchema<number> {
  return v.pipe(v.number(), v.minValue(least), v.maxValue(most));
}

export function wholeNumber(least: number, most: number = Number.MAX_SAFE_INTEGER): v.GenericSchema<number> {
  return v.pipe(v.number(), v.integer(), v.minValue(least), v.maxValue(most));
}
