import { type Command, InvalidArgumentError, Option } from 'commander';

/** The parser of a flag that can be repeated. */
export function collect(value: string, before: readonly string[] = []): readonly string[] {
  return [...before, value];
}

/** The parser of a flag whose value is a whole number from `min` to `max`. */
export function wholeNumber(min: number, max: number): (text: string) => number {
  return (text) => {
    const value = Number(text);
    if (text.trim() !== '' && Number.isInteger(value) && value >= min && value <= max) return value;
    throw new InvalidArgumentError(`It must be a whole number from ${min} to ${max}.`);
  };
}

/** The latest unix time, in seconds, that a flag accepts. A receiver refuses a timestamp of more digits. */
export const MAX_SECONDS = 999_999_999_999_999;

/** Whether a variable turns its flag on. */
export function isOn(variable: string | undefined): boolean {
  return !/^(0|false|)$/i.test(variable ?? '');
}

/** The signature keys. Read them with `readKeys`. */
export function keyFlag(): Option {
  return new Option(
    '--key <key>',
    'Signature key (or SHOWPAD_SIGNATURE_KEY): @file, - for stdin, or the text itself, which other users of this machine can see; can be repeated',
  ).argParser(collect);
}

/** The address of the store of an inbox. Read it with `readSource`. */
export function storeFlag(): Option {
  return new Option(
    '--store <address>',
    'Store of the inbox: sqlite:FILE, redis://…, postgres://… or @file with the address in it',
  );
}

/** What names an inbox within its store. Read it with `readSource`. */
export function addInboxNames(command: Command): Command {
  return command
    .option('--name <name>', 'Name of the inbox, if it is not "default"')
    .option('--prefix <prefix>', 'Option "prefix" of a BullMQ inbox, if the app sets it')
    .option('--schema <schema>', 'Schema of the tables in Postgres, if the app sets it');
}
