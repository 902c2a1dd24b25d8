import type { Command } from 'commander';
import { usageError } from '../cli-error.ts';
import type { Context } from '../context.ts';
import {
  type Account,
  type AccountFlags,
  addAccountFlags,
  forgetAccount,
  nameOf,
  openClient,
  readAccount,
  saveAccount,
} from '../input/account.ts';
import type { Io } from '../terminal/io.ts';

export function addAccount(program: Command, { io, output }: Context): void {
  addAccountFlags(program.command('login'))
    .description('Save a personal API token for the commands that need one')
    .addHelpText(
      'after',
      `
In a terminal it asks for the token. It tries the token first, and saves it in a file that only you can read.

Examples:
  $ showpad-webhooks login --subdomain acme
  $ showpad-webhooks login --subdomain acme --token - < token.txt`,
    )
    .action(async (flags: AccountFlags) => {
      const isMissing = flags.token === undefined && io.env.SHOWPAD_TOKEN === undefined;
      if (isMissing && !io.stdin.isTTY) {
        throw usageError('A token is missing.', 'Pass --token @file, or --token - to read it from stdin.');
      }
      const account = await readAccount(isMissing ? { ...flags, token: '-' } : flags, io);
      await tryToken(account, io);
      const file = await saveAccount(account, io);
      const name = nameOf(account.place);
      output.result({ account: name, file }, `Logged in to ${name}.`);
    });

  program
    .command('logout')
    .description('Delete the token that login saved')
    .action(async () => {
      await forgetAccount(io);
      output.result({ account: null }, 'Logged out.');
    });

  addAccountFlags(program.command('whoami'))
    .description('Show which account is used, and check its token')
    .addHelpText('after', '\nThe exit code is 3 if there is no token or if it is refused.')
    .action(async (flags: AccountFlags) => {
      const account = await readAccount(flags, io);
      await tryToken(account, io);
      const name = nameOf(account.place);
      output.result({ account: name }, `The account is ${name}, and its token is accepted.`);
    });
}

/** Asks for the first subscription, because Showpad documents no call that only checks a token. */
async function tryToken(account: Account, { signal }: Io): Promise<void> {
  const { subscriptions } = await openClient(account);
  await subscriptions.iterate({ signal, pageSize: 1 }).next();
}
