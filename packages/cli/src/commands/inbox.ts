import { INBOX_STATES } from '@showpad-webhooks/core/operations';
import { Argument, type Command, Option } from 'commander';
import type { Context } from '../context.ts';
import { addInboxNames, collect, storeFlag, wholeNumber } from '../terminal/flags.ts';
import type { EraseFlags } from './inbox-erase.ts';
import type {
  ChangeFlags,
  ExportFlags,
  FilterFlags,
  InboxFlags,
  PageFlags,
  WatchFlags,
} from './inbox-flags.ts';

const MAX_COUNT = 1_000_000_000;

export function addInbox(program: Command, context: Context): void {
  const inbox = program
    .command('inbox')
    .description('See and fix what an inbox holds, also while the app runs')
    .addHelpText(
      'after',
      `
--store is sqlite:FILE, redis://HOST:6379 or postgres://HOST/DATABASE. A password in an address can be seen by other users
of this machine: put the address in a file and pass --store @file.

The command changes nothing unless you confirm it, runs no handlers and deletes nothing by itself. The app does the work.

Example:
  $ showpad-webhooks inbox list --store sqlite:showpad.db`,
    );
  const command = (name: string, description: string) =>
    addInboxNames(inbox.command(name).description(description).addOption(storeFlag().makeOptionMandatory()));
  // The modules are loaded when they are needed, so that the other commands start as fast as before.

  command('counts', 'Count the entries of each state, and say what is wrong').action(
    async (flags: InboxFlags) => (await import('./inbox-look.ts')).counts(flags, context),
  );

  withFilter(command('list', 'List entries, the latest first'), INBOX_STATES)
    .addOption(limitOption().default(50))
    .action(async (flags: InboxFlags & FilterFlags) =>
      (await import('./inbox-look.ts')).list(flags, context),
    );

  command('show', 'Show an entry: why it failed, how often, and which handlers are done')
    .addArgument(new Argument('<id>', 'Id of the event'))
    .option('--payload', 'Show the payload too')
    .action(async (id: string, flags: InboxFlags & { readonly payload?: boolean }) =>
      (await import('./inbox-look.ts')).show(id, flags, context),
    );

  withChange(command('retry', 'Let the app handle entries again'))
    .option('--wait-seconds <n>', 'How long to wait for what becomes of them', wholeNumber(0, 86_400), 30)
    .addHelpText(
      'after',
      `
The app handles the entries, so it must be running. Handlers of a dead entry that were done do not run again. The exit code is
0 if all entries were retried and done, or all were retried and --wait-seconds is 0.

Examples:
  $ showpad-webhooks inbox retry 4fd1ea86-0d3f-4b0e-8f5a-6b1c4b9f5b0e --store sqlite:showpad.db
  $ showpad-webhooks inbox retry --handler crm --since 2h --dry-run --store @store.txt`,
    )
    .action(async (ids: readonly string[], flags: ChangeFlags) =>
      (await import('./inbox-retry.ts')).retry(ids, flags, context),
    );

  withChange(command('discard', 'Delete entries that nobody needs any more'))
    .addHelpText('after', '\nA deleted entry is gone. Save it before with "inbox export".')
    .action(async (ids: readonly string[], flags: ChangeFlags) =>
      (await import('./inbox-discard.ts')).discard(ids, flags, context),
    );

  command('erase', 'Erase what is stored of a person')
    .addArgument(new Argument('[id...]', 'Ids of the events'))
    .option('--where <field=value>', 'If a field of the payload has this value; can be repeated', collect)
    .option('--containing <text>', 'If the text is anywhere in what is stored; can be repeated', collect)
    .option('--recordings <folder>', 'Delete such recordings of "listen --record" and "inbox export" too')
    .option('--dry-run', 'Show what would be erased, and change nothing')
    .option('--yes', 'Do not ask for a confirmation')
    .addHelpText(
      'after',
      `
It searches entries of every state. Of an entry that is erased, a hash of the event's id stays, so that the event is not handled
if it comes again. Upper and lower case do not matter.

Examples:
  $ showpad-webhooks inbox erase --where data.invitee.email=jane@example.com --dry-run --store sqlite:showpad.db
  $ showpad-webhooks inbox erase --containing jane@example.com --recordings recordings --store @store.txt`,
    )
    .action(async (ids: readonly string[], flags: EraseFlags) =>
      (await import('./inbox-erase.ts')).erase(ids, flags, context),
    );

  withFilter(command('export', 'Save entries as recordings, which "replay" sends again'), INBOX_STATES)
    .addArgument(new Argument('[id...]', 'Ids of the events'))
    .requiredOption('--to <folder>', 'Folder for the recordings, which contain payloads')
    .option('--all', 'All entries of the state')
    .addOption(limitOption())
    .action(async (ids: readonly string[], flags: ExportFlags) =>
      (await import('./inbox-export.ts')).exportEntries(ids, flags, context),
    );

  command('watch', 'Show the counts and the lag until you stop it')
    .option('--interval-seconds <n>', 'How often to look', wholeNumber(1, 3_600), 2)
    .action(async (flags: WatchFlags) => (await import('./inbox-watch.ts')).watch(flags, context));

  command('page', 'Serve the dashboard of the inbox to this machine until you stop it')
    .option('--port <n>', 'Port to listen on; 0 is any free port', wholeNumber(0, 65_535), 0)
    .option('--read-only', 'Let nobody retry or discard on the page')
    .option('--open', 'Open the page in a browser')
    .action(async (flags: PageFlags) => (await import('./inbox-page.ts')).page(flags, context));
}

function limitOption(): Option {
  return new Option('--limit <n>', 'At most so many entries').argParser(wholeNumber(1, MAX_COUNT));
}

function withFilter(command: Command, states: readonly string[]): Command {
  return command
    .addOption(new Option('--state <state>', 'State of the entries').choices(states).default('dead'))
    .option('--type <type>', 'Only events of this type; can be repeated', collect)
    .option('--handler <name>', 'Only if this handler failed last; can be repeated', collect)
    .option('--error <code>', 'Only with this error code, such as HANDLER_FAILED; can be repeated', collect)
    .option('--since <time>', 'Only what was done or dead, or arrived, since then: 30m, 2h, 7d or a date');
}

function withChange(command: Command): Command {
  return withFilter(command.addArgument(new Argument('[id...]', 'Ids of the events')), ['dead', 'done'])
    .option('--all', 'All entries of the state')
    .addOption(limitOption())
    .option('--dry-run', 'Show which entries would be changed, and change nothing')
    .option('--yes', 'Do not ask for a confirmation');
}
