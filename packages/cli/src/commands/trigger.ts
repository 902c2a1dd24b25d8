import { signedDelivery } from '@showpad-webhooks/core/testing';
import { Argument, type Command } from 'commander';
import { checked, usageError } from '../cli-error.ts';
import type { Context } from '../context.ts';
import { EXIT } from '../exit-code.ts';
import { curlCommand } from '../http/curl.ts';
import { deliver, type Target } from '../http/deliver.ts';
import { type AccountFlags, addAccountFlags, openClient, readAccount } from '../input/account.ts';
import { doubtAbout, newEvent } from '../input/event-types.ts';
import { readData } from '../input/read-data.ts';
import { faultFlag, readFaults } from '../input/read-faults.ts';
import { readInput } from '../input/read-input.ts';
import { readOneKey } from '../input/read-keys.ts';
import { readUrl } from '../input/read-url.ts';
import { setPath } from '../input/set-path.ts';
import { edit } from '../terminal/edit.ts';
import { collect, keyFlag, wholeNumber } from '../terminal/flags.ts';
import type { Io } from '../terminal/io.ts';
import { createAttemptReport } from './attempt-report.ts';

interface TriggerFlags extends AccountFlags {
  readonly to?: string;
  readonly subscription?: string;
  readonly key?: readonly string[];
  readonly set?: readonly string[];
  readonly data?: string;
  readonly file?: string;
  readonly edit?: boolean;
  readonly count: number;
  readonly concurrency: number;
  readonly retries?: boolean;
  readonly fault?: readonly string[];
  readonly printCurl?: boolean;
}

export function addTrigger(program: Command, context: Context): void {
  const command = program
    .command('trigger')
    .description('Send a signed event to an endpoint, as Showpad would')
    .addArgument(new Argument('<type>', 'Event type, see "events list"'))
    .option('--to <url>', 'URL of the endpoint')
    .option('--subscription <id>', 'Use the URL, method and headers of this subscription instead of --to')
    .addOption(keyFlag())
    .option(
      '--set <path=value>',
      'Change a value of the sample, such as data.items[0].name=x; can be repeated',
      collect,
    )
    .option(
      '--data <sample>',
      'Your own sample, an event or only its data, as JSON, @file or - for stdin; each event gets a new id',
    )
    .option('--file <body>', 'Exact body instead of the sample: @file, - for stdin, or the text itself')
    .option('--edit', 'Change the body in your editor (VISUAL or EDITOR) before it is sent')
    .option('--count <n>', 'How many events to send', wholeNumber(1, 10_000), 1)
    .option('--concurrency <n>', 'How many to send at once', wholeNumber(1, 1_000), 8)
    .option('--retries', 'Retry as Showpad does, after 3, 7.5 and 14.25 s')
    .addOption(faultFlag())
    .option('--print-curl', 'Print a curl command, and send nothing');
  addAccountFlags(command)
    .addHelpText(
      'after',
      `
The exit code is 4 if an event was not delivered.

Examples:
  $ showpad-webhooks trigger shared-space-user-added --to http://127.0.0.1:3000/webhooks/showpad --key @crm.key
  $ showpad-webhooks trigger shared-space-user-added --to … --key … --set data.invitee.email=x@example.com
  $ showpad-webhooks trigger asset-viewed --to … --key … --data @sample.json --set data.items[0].name=Brochure
  $ showpad-webhooks trigger COURSE_COMPLETED --to … --key … --count 100 --retries --fault duplicate
  $ showpad-webhooks trigger shared-space-created --subscription 01J… --key @crm.key --edit
  $ showpad-webhooks trigger my-type --to … --key … --file @body.json --print-curl`,
    )
    .action((type: string, flags: TriggerFlags) => trigger(type, flags, context));
}

async function trigger(type: string, flags: TriggerFlags, context: Context): Promise<void> {
  const { io, output } = context;
  const key = await readOneKey(flags.key, 'A subscription has only one key.', io);
  const overrides = await readOverrides(type, flags, io);
  const body = await readBody(type, overrides, flags, context);
  const faults = await readFaults(flags.fault, io);
  const target = await readTarget(flags, io);

  if (flags.printCurl) {
    const exact = target.method === 'GET' ? Buffer.alloc(0) : body;
    const signed = exact ? { body: exact } : newEvent(type, overrides);
    const delivery = await checked(() => signedDelivery(signed, { key }));
    const command = curlCommand(target, delivery.headers, delivery.body);
    output.exactResult({ command }, command);
    return;
  }
  const report = createAttemptReport(output);
  const { sent, succeeded } = await deliver({
    target,
    type,
    key,
    overrides,
    body,
    count: flags.count,
    concurrency: flags.concurrency,
    isRetried: flags.retries ?? false,
    faults,
    signal: io.signal,
    onAttempt: report.add,
  });
  if (sent > 1) output.note(`${succeeded} of ${sent} were delivered.`);
  report.advise();
  if (succeeded < sent) context.exitCode = EXIT.notDelivered;
}

async function readOverrides(
  type: string,
  { set = [], data, file }: TriggerFlags,
  io: Io,
): Promise<Record<string, unknown>> {
  if (file !== undefined && set.length > 0) {
    throw usageError('--set changes the sample, and --file replaces it.', 'Pass only one of them.');
  }
  if (file !== undefined && data !== undefined) {
    throw usageError(
      '--data is a sample, of which each event gets a new id, and --file is the exact body.',
      'Pass only one of them.',
    );
  }
  const given = data === undefined ? { data: newEvent(type).data } : await readData(data, type, io);
  const overrides: Record<string, unknown> = { ...given };
  for (const assignment of set) setPath(overrides, assignment);
  return overrides;
}

/** Reads the exact body to send. Returns undefined if each event is made from the sample. */
async function readBody(
  type: string,
  overrides: Readonly<Record<string, unknown>>,
  { data, file, edit: isEdited }: TriggerFlags,
  { io, output }: Context,
): Promise<Buffer | undefined> {
  const body = file === undefined ? undefined : await readInput(file, '--file', io);
  const doubt = body || data !== undefined ? undefined : doubtAbout(type);
  if (doubt) output.note(doubt);
  if (!isEdited) return body;
  return edit(body ?? Buffer.from(`${JSON.stringify(newEvent(type, overrides), null, 2)}\n`), io);
}

async function readTarget(flags: TriggerFlags, io: Io): Promise<Target> {
  const { to, subscription: id } = flags;
  if ((to === undefined) === (id === undefined)) throw usageError('Pass either --to or --subscription.');
  if (id === undefined) return { url: readUrl(to ?? '', '--to').href, method: 'POST', headers: [] };
  const { subscriptions } = await openClient(await readAccount(flags, io));
  const { url, method, headers } = await subscriptions.get(id, { signal: io.signal });
  return { url, method, headers };
}
