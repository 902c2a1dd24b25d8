import type { Command } from 'commander';
import {
  type Account,
  type AccountFlags,
  addAccountFlags,
  forgetAccount,
  nameOf,
  openClient,
  readAccount,
  saveAccount,
} from '../account.ts';
import { usageError } from '../cli-error.ts';
import type { Context } from '../context.ts';
import type { Io } from '../io.ts';

export function addAccount(program: Command, { io, output }: Context): void {
  addAccountFlags(program.command('login'))
    .summary('keep a personal API token for the commands that need one')
    .description('Tries a personal API token, and keeps it in a file that only its owner can read.')
    .addHelpText(
      'after',
      `
Example:
  $ showpad-webhooks login --subdomain acme --token - < token.txt`,
    )
    .action(async (flags: AccountFlags) => {
      if (flags.token === undefined)
        throw usageError('a token is missing.', 'Pass --token @file, or --token - for stdin.');
      const account = await readAccount(flags, io);
      await tryToken(account, io);
      const file = await saveAccount(account, io);
      const name = nameOf(account.place);
      output.result(`Logged in to ${name}.`, { account: name, file });
    });

  program
    .command('logout')
    .description('Forgets what login kept.')
    .action(async () => {
      await forgetAccount(io);
      output.result('Logged out.', { account: null });
    });

  addAccountFlags(program.command('whoami'))
    .summary('say which account is used, and whether its token is accepted')
    .description('Says which account is used. Exits with 3 where there is none or its token is refused.')
    .action(async (flags: AccountFlags) => {
      const account = await readAccount(flags, io);
      await tryToken(account, io);
      const name = nameOf(account.place);
      output.result(`${name}, and its token is accepted.`, { account: name });
    });
}

/** By asking for the first subscription: Showpad documents no call for just this. */
async function tryToken(account: Account, { signal }: Io): Promise<void> {
  const { subscriptions } = await openClient(account);
  await subscriptions.iterate({ signal, pageSize: 1 }).next();
}
