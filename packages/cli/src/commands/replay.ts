import { ShowpadWebhookError, SIGNATURE_HEADER, sign, TIMESTAMP_HEADER } from '@showpad-webhooks/core';
import { Argument, type Command, Option } from 'commander';
import { CliError, checked, usageError } from '../cli-error.ts';
import type { Context } from '../context.ts';
import { EXIT } from '../exit-code.ts';
import { isDelivered } from '../http/answer.ts';
import { findRecordedKey } from '../http/check-recording.ts';
import { eventOf, type Recording, readRecordings } from '../http/recording.ts';
import { type HeaderMap, isAnswer, send } from '../http/send.ts';
import { readKeys } from '../input/read-keys.ts';
import { readUrl } from '../input/read-url.ts';
import { collect, keyFlag } from '../terminal/flags.ts';
import { reportRefusal, reportReplay } from './replay-report.ts';

interface ReplayFlags {
  readonly to: string;
  readonly key?: readonly string[];
  readonly recordedKey?: readonly string[];
  readonly signUnverified?: boolean;
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
    .addOption(
      new Option(
        '--recorded-key <key>',
        'Key that made the recorded signatures, if it is not --key; can be repeated',
      ).argParser(collect),
    )
    .option(
      '--sign-unverified',
      'Also sign deliveries whose recorded signature is wrong, such as forged ones',
    )
    .option('--as-recorded', 'Keep the recorded signature and time, which are refused after 5 minutes')
    .option('--failed', 'Only authentic deliveries that were not answered with a 2xx')
    .option('--type <type>', 'Only events of this type; can be repeated', collect)
    .option('--event-id <id>', 'Only this event; can be repeated', collect)
    .addHelpText(
      'after',
      `
It sends the recordings of "listen --record", the oldest first, each with a new signature made with --key. The bodies
and the event ids stay the same, so a receiver that already handled an event answers that it is a duplicate.

Before it signs a delivery, it verifies the recorded signature. Otherwise it would make an authentic delivery of a forged
one that somebody sent to "listen". Of several keys it signs with the one that made that signature. What it refuses is
shown, and not sent.
The exit code is 4 if a delivery failed, and 1 if one was refused.

Examples:
  $ showpad-webhooks replay recordings --failed --to http://127.0.0.1:3000/webhooks/showpad --key @crm.key
  $ showpad-webhooks replay recordings --to … --key @test.key --recorded-key @crm.key
  $ showpad-webhooks replay recordings/20261123T101500000Z-000001.json --as-recorded --to …`,
    )
    .action((path: string, flags: ReplayFlags) => replay(path, flags, context));
}

async function replay(path: string, flags: ReplayFlags, context: Context): Promise<void> {
  const { io, output } = context;
  const url = readUrl(flags.to, '--to');
  const signer = await readSigner(flags, context);
  const found = await readRecordings(path);
  const recordings = found.filter((recording) => isWanted(recording, flags));
  const forged = flags.failed ? found.filter(({ isAuthentic }) => !isAuthentic).length : 0;
  if (forged > 0) output.note(`--failed leaves out what was not authentic when it arrived: ${forged}.`);
  if (recordings.length === 0) output.note('No recording matches.');
  let delivered = 0;
  let refused = 0;
  for (const recording of recordings) {
    const { file, method, headers, body } = recording;
    const keys = await signer?.(recording);
    if (ShowpadWebhookError.isInstance(keys)) {
      refused++;
      reportRefusal({ file, body }, keys, output);
      continue;
    }
    const signed = keys ? { ...headers, ...(await signatureOf(body, keys)) } : headers;
    const result = await send({ url, method, headers: signed, body, signal: io.signal });
    if (io.signal.aborted) {
      throw new CliError('Stopped before everything was sent.', undefined, EXIT.notDelivered);
    }
    if (isAnswer(result) && isDelivered(result.status)) delivered++;
    reportReplay({ file, body }, result, output);
  }
  if (recordings.length > 1) output.note(`${delivered} of ${recordings.length} were delivered.`);
  if (refused > 0) {
    output.note(
      'If the signatures were made with another key, pass it with --recorded-key. Otherwise the deliveries are forged or ' +
        'changed: --sign-unverified would make them authentic.',
    );
    context.exitCode = EXIT.failed;
  }
  if (delivered + refused < recordings.length) context.exitCode = EXIT.notDelivered;
}

/** The keys to sign a recording with, or why it must not be signed. */
type Signer = (recording: Recording) => Promise<readonly string[] | ShowpadWebhookError>;

/** Returns undefined if the recorded signatures are to be kept. */
async function readSigner(flags: ReplayFlags, { io }: Context): Promise<Signer | undefined> {
  const { key, recordedKey, signUnverified, asRecorded } = flags;
  if (asRecorded) {
    if (!key && !recordedKey && !signUnverified) return undefined;
    throw usageError(
      '--as-recorded keeps the recorded signature, so it needs no key.',
      'Leave out --key, --recorded-key and --sign-unverified.',
    );
  }
  if (recordedKey && signUnverified) {
    throw usageError('--sign-unverified verifies nothing, so it needs no --recorded-key.', 'Leave out one.');
  }
  const keys = await readKeys(key, io);
  if (signUnverified) return async () => keys;
  const recordedKeys = recordedKey && (await readKeys(recordedKey, io, '--recorded-key'));
  return async (recording) => {
    const found = await findRecordedKey(recording, recordedKeys ?? keys);
    if (ShowpadWebhookError.isInstance(found)) return found;
    // Somebody who has one of several keys could forge a recording with that one, and must not get a signature with the others.
    return recordedKeys ? keys : [found];
  };
}

function isWanted({ status, isAuthentic, body }: Recording, { failed, type, eventId }: ReplayFlags): boolean {
  const event = eventOf(body);
  if (failed && (isDelivered(status) || !isAuthentic)) return false;
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
