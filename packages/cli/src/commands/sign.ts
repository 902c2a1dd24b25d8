import { sign } from '@showpad-webhooks/core';
import type { Command } from 'commander';
import { checked } from '../cli-error.ts';
import type { Context } from '../context.ts';
import { flag, keyFlag, numberFlag } from '../flags.ts';
import { readInput } from '../read-input.ts';
import { readKeys } from '../read-keys.ts';

interface SignFlags {
  readonly body: string;
  readonly key?: readonly string[];
  readonly timestamp?: number;
}

export function addSign(program: Command, { io, output }: Context): void {
  program
    .command('sign')
    .summary('sign a body as Showpad does')
    .description(
      'Prints the two headers that Showpad would send with a body. Several keys make several signatures.',
    )
    .addOption(flag('--body <body>', 'the exact bytes: @file, - for stdin, or text').makeOptionMandatory())
    .addOption(keyFlag())
    .addOption(numberFlag('--timestamp <seconds>', 'unix time (default: now)', 1, 999_999_999_999_999))
    .addHelpText(
      'after',
      `
Examples:
  $ showpad-webhooks sign --body @body.json --key @crm.key
  $ showpad-webhooks sign --body '{ "hello": "world" }' --timestamp 1669302166 --key @crm.key --json`,
    )
    .action(async (flags: SignFlags) => {
      const body = await readInput(flags.body, '--body', io);
      const keys = await readKeys(flags.key, io);
      const timestamp = flags.timestamp ?? Math.floor(Date.now() / 1000);
      const signature = await checked(() => keys.map((key) => sign(body, key, timestamp)).join(','));
      output.result(`x-showpad-signature-timestamp: ${timestamp}\nx-showpad-signature-v1: ${signature}`, {
        timestamp,
        signature,
      });
    });
}
