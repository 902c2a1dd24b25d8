import { type EventJson, sampleEvent, signedDelivery } from '@showpad-webhooks/core/testing';
import type { Attempt } from '@showpad-webhooks/emulator';
import { Argument, type Command } from 'commander';
import { type AccountFlags, addAccountFlags, openClient, readAccount } from '../account.ts';
import { checked, usageError } from '../cli-error.ts';
import type { Context } from '../context.ts';
import { curlCommand } from '../curl.ts';
import { deliver, type Target } from '../deliver.ts';
import { edit } from '../edit.ts';
import { doubtAbout } from '../event-types.ts';
import { EXIT } from '../exit-code.ts';
import { flag, keyFlag, listFlag, numberFlag } from '../flags.ts';
import type { Io } from '../io.ts';
import { excerpt, type Output } from '../output.ts';
import { faultFlag, readFaults } from '../read-faults.ts';
import { readInput } from '../read-input.ts';
import { readKeys } from '../read-keys.ts';
import { readUrl } from '../read-url.ts';
import { setPath } from '../set-path.ts';

/** What a refusal most often means. */
const MEANINGS: readonly (readonly [status: number, meaning: string])[] = [
  [401, 'The endpoint verifies with another key, or over a body that a parser changed.'],
  [404, 'Nothing receives at this path: it is compared exactly, but for a trailing slash.'],
  [405, 'The endpoint does not take this method.'],
  [413, 'Something in front allows no body of this size: mount the webhook before any body parser.'],
];

interface TriggerFlags extends AccountFlags {
  readonly to?: string;
  readonly subscription?: string;
  readonly key?: readonly string[];
  readonly set?: readonly string[];
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
    .summary('send a signed event to an endpoint')
    .description(
      'Sends a signed event to an endpoint, as Showpad would. Exits with 4 where it was not delivered.',
    )
    .addArgument(new Argument('<type>', 'an event type: see "events list"'))
    .addOption(flag('--to <url>', 'the endpoint'))
    .addOption(
      flag('--subscription <id>', 'the endpoint, method and headers of a subscription, in place of --to'),
    )
    .addOption(keyFlag())
    .addOption(listFlag('--set <path=value>', 'changes the sample; may be repeated'))
    .addOption(flag('--file <body>', 'the exact body in place of the sample: @file, - for stdin, or text'))
    .addOption(flag('--edit', 'change the body in your editor (VISUAL or EDITOR) before it is sent'))
    .addOption(numberFlag('--count <n>', 'how many events', 1, 10_000).default(1))
    .addOption(numberFlag('--concurrency <n>', 'how many at once', 1, 1_000).default(8))
    .addOption(flag('--retries', 'try again as Showpad does: after 3, 7.5 and 14.25 s'))
    .addOption(faultFlag())
    .addOption(flag('--print-curl', 'print a curl command and send nothing'));
  addAccountFlags(command)
    .addHelpText(
      'after',
      `
Examples:
  $ showpad-webhooks trigger shared-space-user-added --to http://127.0.0.1:3000/webhooks/showpad --key @crm.key
  $ showpad-webhooks trigger shared-space-user-added --to … --key … --set data.invitee.email=x@example.com
  $ showpad-webhooks trigger COURSE_COMPLETED --to … --key … --count 100 --retries --fault duplicate
  $ showpad-webhooks trigger shared-space-created --subscription 01J… --key @crm.key --edit
  $ showpad-webhooks trigger my-type --to … --key … --file @body.json --print-curl`,
    )
    .action((type: string, flags: TriggerFlags) => trigger(type, flags, context));
}

async function trigger(type: string, flags: TriggerFlags, context: Context): Promise<void> {
  const { io, output } = context;
  const [key = '', ...more] = await readKeys(flags.key, io);
  if (more.length > 0) throw usageError('a subscription has one key: pass --key once.');
  const overrides = readOverrides(type, flags);
  const body = await readBody(type, overrides, flags, context);
  const faults = await readFaults(flags.fault, io);
  const target = await readTarget(flags, io);

  if (flags.printCurl) {
    const signed = target.method === 'GET' ? Buffer.alloc(0) : (body ?? newEvent(type, overrides));
    const delivery = await checked(() => signedDelivery(signed, { key }));
    const command = curlCommand(target, delivery.headers, delivery.body);
    output.result(command, { command });
    return;
  }
  const { count, concurrency, retries: isRetried = false } = flags;
  const statuses = new Set<number | undefined>();
  const onAttempt = (attempt: Attempt) => {
    statuses.add(attempt.response?.status);
    output.result(lineOf(attempt, output), toValue(attempt));
  };
  const { sent, succeeded } = await deliver({
    ...{ target, type, key, overrides, body, count, concurrency, isRetried, faults, onAttempt },
    signal: io.signal,
  });
  if (sent > 1) output.note(`${succeeded} of ${sent} delivered.`);
  for (const [status, meaning] of MEANINGS) if (statuses.has(status)) output.note(`${status}: ${meaning}`);
  if (succeeded < sent) context.exitCode = EXIT.notDelivered;
}

function readOverrides(type: string, { set = [], file }: TriggerFlags): Record<string, unknown> {
  if (file !== undefined && set.length > 0)
    throw usageError('--set changes the sample, and --file takes its place.');
  const overrides: Record<string, unknown> = { data: sampleEvent(type).data };
  for (const assignment of set) setPath(overrides, assignment);
  return overrides;
}

/** The exact body, where there is to be one. */
async function readBody(
  type: string,
  overrides: Readonly<Record<string, unknown>>,
  { file, edit: isEdited }: TriggerFlags,
  { io, output }: Context,
): Promise<Buffer | undefined> {
  const body = file === undefined ? undefined : await readInput(file, '--file', io);
  const doubt = body ? undefined : doubtAbout(type);
  if (doubt) output.note(doubt);
  if (!isEdited) return body;
  return edit(body ?? Buffer.from(`${JSON.stringify(newEvent(type, overrides), null, 2)}\n`), io);
}

async function readTarget(flags: TriggerFlags, io: Io): Promise<Target> {
  const { to, subscription: id } = flags;
  if ((to === undefined) === (id === undefined)) throw usageError('pass either --to or --subscription.');
  if (id === undefined) return { url: readUrl(to ?? '', '--to').href, method: 'POST', headers: [] };
  const { subscriptions } = await openClient(await readAccount(flags, io));
  const { url, method, headers } = await subscriptions.get(id, { signal: io.signal });
  return { url, method, headers };
}

function newEvent(type: string, overrides: Readonly<Record<string, unknown>>): EventJson {
  return {
    ...sampleEvent(type),
    id: crypto.randomUUID(),
    time: new Date().toISOString(),
    ...overrides,
  };
}

/** One attempt, as it is read. */
function lineOf(attempt: Attempt, { paint }: Output): string {
  const { state, eventId, number, response, error, durationMs, faults, nextAttemptAt, startedAt } = attempt;
  const isDelivered = state === 'succeeded';
  const answer = response ? `${response.status}` : (error?.code ?? '');
  const waitMs =
    nextAttemptAt !== null && startedAt !== null ? nextAttemptAt - startedAt - (durationMs ?? 0) : 0;
  const parts = [
    paint('dim', eventId),
    `attempt ${number}:`,
    paint(isDelivered ? 'green' : 'red', answer),
    `in ${Math.round(durationMs ?? 0)} ms`,
    ...(faults.length > 0 ? [paint('yellow', `(${faults.map(({ action }) => action).join(', ')})`)] : []),
    ...(state === 'will-retry' ? [`again in ${(waitMs / 1000).toFixed(1)} s`] : []),
    ...(isDelivered ? [] : [paint('dim', excerpt(response?.body ?? error?.message ?? ''))]),
  ];
  return parts.join('  ').trimEnd();
}

function toValue(attempt: Attempt): object {
  const { eventId, type, number, state, durationMs, response, error, faults } = attempt;
  return {
    ...{ eventId, type, attempt: number, state, durationMs, error },
    status: response?.status ?? null,
    body: response?.body ?? null,
    faults: faults.map(({ action }) => action),
  };
}
