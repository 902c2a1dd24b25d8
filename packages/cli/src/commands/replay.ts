import { SIGNATURE_HEADER, sign, TIMESTAMP_HEADER } from '@showpad-webhooks/core';
import { Argument, type Command } from 'commander';
import { CliError, checked, usageError } from '../cli-error.ts';
import type { Context } from '../context.ts';
import { EXIT } from '../exit-code.ts';
import { isDelivered, labelOf, readOutcome } from '../http/answer.ts';
import { eventOf, type Recording, readRecordings } from '../http/recording.ts';
import { type Answer, type HeaderMap, isAnswer, type NoAnswer, send } from '../http/send.ts';
import { readKeys } from '../input/read-keys.ts';
import { readUrl } from '../input/read-url.ts';
import { collect, keyFlag } from '../terminal/flags.ts';
import { type Output, paint } from '../terminal/output.ts';
import { excerpt } from '../terminal/printable.ts';

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
    .description('Send recorded deliveries again')
    .addArgument(new Argument('<path>', 'Recording, or folder of recordings'))
    .requiredOption('--to <url>', 'URL of the endpoint')
    .addOption(keyFlag())
    .option('--as-recorded', 'Keep the recorded signature and time, which are refused after 5 minutes')
    .option('--failed', 'Only deliveries that were not answered with a 2xx')
    .option('--type <type>', 'Only events of this type; can be repeated', collect)
    .option('--event-id <id>', 'Only this event; can be repeated', collect)
    .addHelpText(
      'after',
      `
It sends the recordings of "listen --record", the oldest first, each with a new signature made with --key. The bodies
and the event ids stay the same, so a receiver that already handled an event answers that it is a duplicate.
The exit code is 4 if a delivery failed.

Examples:
  $ showpad-webhooks replay recordings --failed --to http://127.0.0.1:3000/webhooks/showpad --key @crm.key
  $ showpad-webhooks replay recordings/20261123T101500000Z-000001.json --as-recorded --to …`,
    )
    .action((path: string, flags: ReplayFlags) => replay(path, flags, context));
}

async function replay(path: string, flags: ReplayFlags, context: Context): Promise<void> {
  const { io, output } = context;
  const url = readUrl(flags.to, '--to');
  if (flags.asRecorded && flags.key) {
    throw usageError('--as-recorded keeps the recorded signature, so it needs no key.', 'Leave out --key.');
  }
  const keys = flags.asRecorded ? [] : await readKeys(flags.key, io);
  const recordings = (await readRecordings(path)).filter((recording) => isWanted(recording, flags));
  if (recordings.length === 0) output.note('No recording matches.');
  let delivered = 0;
  for (const { method, headers, body } of recordings) {
    const signed = flags.asRecorded ? headers : { ...headers, ...(await signatureOf(body, keys)) };
    const result = await send({ url, method, headers: signed, body, signal: io.signal });
    if (io.signal.aborted) {
      throw new CliError('Stopped before everything was sent.', undefined, EXIT.notDelivered);
    }
    if (isAnswer(result) && isDelivered(result.status)) delivered++;
    report(body, result, output);
  }
  if (recordings.length > 1) output.note(`${delivered} of ${recordings.length} were delivered.`);
  if (delivered < recordings.length) context.exitCode = EXIT.notDelivered;
}

function isWanted({ status, body }: Recording, { failed, type, eventId }: ReplayFlags): boolean {
  const event = eventOf(body);
  if (failed && isDelivered(status)) return false;
  if (type && !(event && type.includes(event.type))) return false;
  return !eventId || (event !== undefined && eventId.includes(event.id));
}

async function signatureOf(body: Buffer, keys: readonly string[]): Promise<HeaderMap> {
  const seconds = Math.floor(Date.now() / 1000);
  return {
    [TIMESTAMP_HEADER]: `${seconds}`,
    [SIGNATURE_HEADER]: await checked(() => keys.map((key) => sign(body, key, seconds)).join(',')),
  };
}

function report(body: Buffer, result: Answer | NoAnswer, output: Output): void {
  const event = eventOf(body);
  const named = event ? [event.type, event.id] : ['no event'];
  const value = { ...(event && { type: event.type, eventId: event.id }) };
  if (!isAnswer(result)) {
    output.result({ ...value, isDelivered: false, status: null, problem: result.message }, [
      paint('red', 'no answer'),
      ...named,
      paint('dim', result.message),
    ]);
    return;
  }
  const { status } = result;
  const text = result.body.toString();
  const outcome = readOutcome(text);
  const isOk = isDelivered(status);
  output.result({ ...value, isDelivered: isOk, status, ...outcome }, [
    paint(isOk ? 'green' : 'red', labelOf(status, outcome)),
    ...named,
    paint('dim', isOk || outcome.outcome ? '' : excerpt(text)),
  ]);
}
