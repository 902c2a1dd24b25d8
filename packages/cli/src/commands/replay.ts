import { sign } from '@showpad-webhooks/core';
import { Argument, type Command } from 'commander';
import { CliError, checked, usageError } from '../cli-error.ts';
import type { Context } from '../context.ts';
import { EXIT } from '../exit-code.ts';
import { flag, keyFlag, listFlag } from '../flags.ts';
import { excerpt, printable } from '../output.ts';
import { readKeys } from '../read-keys.ts';
import { readUrl } from '../read-url.ts';
import { eventOf, type Recording, readRecordings } from '../recording.ts';
import { type Answer, type HeaderMap, send } from '../send.ts';

interface ReplayFlags {
  readonly to: string;
  readonly key?: readonly string[];
  readonly asRecorded?: boolean;
  readonly failed?: boolean;
  readonly type?: readonly string[];
  readonly eventId?: readonly string[];
}

export function addReplay(program: Command, context: Context): void {
  program
    .command('replay')
    .summary('send recorded deliveries again')
    .description(
      'Sends what listen --record kept, the oldest first. Exits with 4 where one was not delivered.',
    )
    .addArgument(new Argument('<path>', 'a recording, or a folder of them'))
    .addOption(flag('--to <url>', 'the endpoint').makeOptionMandatory())
    .addOption(keyFlag())
    .addOption(
      flag('--as-recorded', 'with the recorded signature and time, which are refused after 5 minutes'),
    )
    .addOption(flag('--failed', 'only those that were not answered 2xx'))
    .addOption(listFlag('--type <type>', 'only events of this type; may be repeated'))
    .addOption(listFlag('--event-id <id>', 'only this event; may be repeated'))
    .addHelpText(
      'after',
      `
Signed anew, with --key. Bodies, and so event ids, stay as they are: a receiver that has completed an event answers
that it is a duplicate.

Examples:
  $ showpad-webhooks replay recordings --failed --to http://127.0.0.1:3000/webhooks/showpad --key @crm.key
  $ showpad-webhooks replay recordings/20261123T101500000Z-000001.json --as-recorded --to …`,
    )
    .action((path: string, flags: ReplayFlags) => replay(path, flags, context));
}

async function replay(path: string, flags: ReplayFlags, context: Context): Promise<void> {
  const { io, output } = context;
  const url = readUrl(flags.to, '--to');
  if (flags.asRecorded && flags.key) throw usageError('--as-recorded signs nothing: leave out --key.');
  const keys = flags.asRecorded ? [] : await readKeys(flags.key, io);
  const recordings = (await readRecordings(path)).filter((recording) => isWanted(recording, flags));
  if (recordings.length === 0) output.note('No recording is like this.');
  let delivered = 0;
  for (const { method, headers, body } of recordings) {
    if (io.signal.aborted) throw new CliError('stopped before all was sent.', undefined, EXIT.notDelivered);
    const signed = flags.asRecorded ? headers : { ...headers, ...(await signatureOf(body, keys)) };
    const answer = await send({ url, method, headers: signed, body, signal: io.signal }).catch(
      (error: Error) => error,
    );
    const isDelivered = !(answer instanceof Error) && answer.status >= 200 && answer.status < 300;
    if (isDelivered) delivered++;
    tell(body, answer, isDelivered, context);
  }
  if (recordings.length > 1) output.note(`${delivered} of ${recordings.length} delivered.`);
  if (delivered < recordings.length) context.exitCode = EXIT.notDelivered;
}

function isWanted({ status, body }: Recording, { failed, type, eventId }: ReplayFlags): boolean {
  const event = eventOf(body);
  if (failed && status >= 200 && status < 300) return false;
  if (type && !(event && type.includes(event.type))) return false;
  return !eventId || (event !== undefined && eventId.includes(event.id));
}

async function signatureOf(body: Buffer, keys: readonly string[]): Promise<HeaderMap> {
  const seconds = Math.floor(Date.now() / 1000);
  return {
    'x-showpad-signature-timestamp': `${seconds}`,
    'x-showpad-signature-v1': await checked(() => keys.map((key) => sign(body, key, seconds)).join(',')),
  };
}

function tell(body: Buffer, answer: Answer | Error, isDelivered: boolean, { output }: Context): void {
  const event = eventOf(body);
  const isAnswered = !(answer instanceof Error);
  const problem = isAnswered ? undefined : answer.message;
  const said = isAnswered ? answer.body.toString() : answer.message;
  const parts = [
    output.paint(isDelivered ? 'green' : 'red', isAnswered ? `${answer.status}` : 'no answer'),
    event ? `${printable(event.type)}  ${printable(event.id)}` : 'no event',
    ...(isDelivered ? [] : [output.paint('dim', excerpt(said))]),
  ];
  output.result(parts.join('  '), {
    ...(event && { type: event.type, eventId: event.id }),
    isDelivered,
    status: isAnswered ? answer.status : null,
    ...(problem && { problem }),
  });
}
