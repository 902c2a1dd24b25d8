import { InvalidArgumentError, Option } from 'commander';

/** A flag, with the environment variable that stands in for it: `--forward-to` is `SHOWPAD_FORWARD_TO`. */
export function flag(flags: string, description: string): Option {
  const option = new Option(flags, description);
  const variable = `SHOWPAD_${option.name().replaceAll('-', '_').toUpperCase()}`;
  // To commander a flag without a value is on where its variable is set, to whatever.
  const isOff = option.isBoolean() && /^(0|false|)$/i.test(process.env[variable] ?? 'unset');
  return isOff ? option : option.env(variable);
}

/** A flag that may be given several times; its variable holds one. */
export function listFlag(flags: string, description: string): Option {
  const option = flag(flags, description);
  option.argParser((value: string, before: readonly string[] = []) => [...before, value]);
  return option;
}

export function numberFlag(flags: string, description: string, min: number, max: number): Option {
  return flag(flags, description).argParser((text: string) => {
    const value = Number(text);
    if (text.trim() !== '' && Number.isInteger(value) && value >= min && value <= max) return value;
    throw new InvalidArgumentError(`It must be a whole number from ${min} to ${max}.`);
  });
}

/** The signature keys. Read them with `readKeys`. */
export function keyFlag(): Option {
  return listFlag(
    '--key <key>',
    'signature key: @file, - for stdin, or its text, which other users of the machine can then see; may be repeated',
  ).env('SHOWPAD_SIGNATURE_KEY');
}
