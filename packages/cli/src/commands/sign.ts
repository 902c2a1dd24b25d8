import { SIGNATURE_HEADER, sign, TIMESTAMP_HEADER } from '@showpad-webhooks/core';
import type { Command } from 'commander';
import { checked } from '../cli-error.ts';
import type { Context } from '../context.ts';
import { readInput } from '../input/read-input.ts';
import { readKeys } from '../input/read-keys.ts';
import { keyFlag, MAX_SECONDS, wholeNumber } from '../terminal/flags.ts';

interface SignFlags {
  readonly body: string;
  readonly key?: readonly string[];
  readonly timestamp?: number;
}

export function addSign(program: Command, { io, output }: Context): void {
  program
    .command('sign')
    .description('Print the headers that Showpad would send with a body')
    .requiredOption('--body <body>', 'Exact bytes: @file, - for stdin, or the text itself')
    .addOption(keyFlag())
    .option('--timestamp <seconds>', 'Unix time (default: now)', wholeNumber(1, MAX_SECONDS))
    .addHelpText(
      'after',
      `
With several keys there are several signatures, as while a key is replaced.

Examples:
  $ showpad-webhooks sign --body @body.json --key @crm.key
  $ showpad-webhooks sign --body '{ "hello": "world" }' --timestamp 1669302166 --key @crm.key --json`,
    )
    .action(async (flags: SignFlags) => {
      const body = await readInput(flags.body, '--body', io);
      const keys = await readKeys(flags.key, io);
      const timestamp = flags.timestamp ?? Math.floor(Date.now() / 1000);
      const signature = await checked(() => keys.map((key) => sign(body, key, timestamp)).join(','));
      output.result(
        { timestamp, signature },
        `${TIMESTAMP_HEADER}: ${timestamp}`,
        `${SIGNATURE_HEADER}: ${signature}`,
      );
    });
}
