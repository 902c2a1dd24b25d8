import {
  ShowpadWebhookError,
  SIGNATURE_HEADER,
  type SignatureKey,
  TIMESTAMP_HEADER,
  verifySignature,
} from '@showpad-webhooks/core';
import { explainMismatch, type MismatchFinding } from '@showpad-webhooks/core/explain';
import type { Command } from 'commander';
import { checked, usageError } from '../cli-error.ts';
import type { Context } from '../context.ts';
import { EXIT } from '../exit-code.ts';
import { readInput } from '../input/read-input.ts';
import { readKeys, readKeysAsGiven, readNamedKeys } from '../input/read-keys.ts';
import { collect, keyFlag, MAX_SECONDS, wholeNumber } from '../terminal/flags.ts';
import { type Line, paint } from '../terminal/output.ts';

interface VerifyFlags {
  readonly body: string;
  readonly timestamp: string;
  readonly signature: string;
  readonly key?: readonly string[];
  readonly otherKey?: readonly string[];
  readonly toleranceSeconds?: number;
  readonly now?: number;
  readonly explain?: boolean;
}

export function addVerify(program: Command, context: Context): void {
  program
    .command('verify')
    .description('Check a signature, and explain why it does not match')
    .requiredOption('--body <body>', 'Exact bytes: @file, - for stdin, or the text itself')
    .requiredOption('--timestamp <text>', `Value of ${TIMESTAMP_HEADER}`)
    .requiredOption('--signature <text>', `Value of ${SIGNATURE_HEADER}`)
    .addOption(keyFlag())
    .option('--tolerance-seconds <n>', 'How old it may be (default: 300)', wholeNumber(1, MAX_SECONDS))
    .option('--now <seconds>', 'Unix time to check it at (default: now)', wholeNumber(1, MAX_SECONDS))
    .option('--explain', 'Say which of the usual mistakes it is')
    .option(
      '--other-key <name=key>',
      'With --explain: key that may have signed instead; can be repeated',
      collect,
    )
    .addHelpText(
      'after',
      `
The exit code is 1 if the signature does not match, or if it is too old.

Examples:
  $ showpad-webhooks verify --body @body.json --timestamp 1669302166 --signature 8leD…BFg= --key @crm.key
  $ showpad-webhooks verify --explain --body - --timestamp … --signature … --key @crm.key < body.json
  $ showpad-webhooks verify --explain --other-key marketing=@marketing.key --key @crm.key …`,
    )
    .action((flags: VerifyFlags) => verify(flags, context));
}

async function verify(flags: VerifyFlags, context: Context): Promise<void> {
  const { io, output } = context;
  if (flags.otherKey && !flags.explain) throw usageError('--other-key needs --explain.');
  const nowSeconds = flags.now ?? Math.floor(Date.now() / 1000);
  const delivery: Delivery = {
    body: await readInput(flags.body, '--body', io),
    headers: { [TIMESTAMP_HEADER]: flags.timestamp, [SIGNATURE_HEADER]: flags.signature },
    keys: flags.explain ? await readKeysAsGiven(flags.key, io) : await readKeys(flags.key, io),
    nowMs: nowSeconds * 1000,
    toleranceSeconds: flags.toleranceSeconds ?? 300,
  };
  const refusal = flags.explain
    ? explain(delivery, await readNamedKeys(flags.otherKey ?? [], io))
    : await check(delivery);
  if (refusal) {
    output.result({ isValid: false, ...refusal.value }, [paint('red', refusal.summary)]);
    output.text(...refusal.details);
    context.exitCode = EXIT.failed;
    return;
  }
  const ageSeconds = nowSeconds - Number(flags.timestamp);
  const when = ageSeconds < 0 ? `${-ageSeconds} s in the future` : `${ageSeconds} s ago`;
  output.result({ isValid: true, ageSeconds }, [
    paint('green', `The signature is valid. It was made ${when}.`),
  ]);
}

interface Delivery {
  readonly body: Buffer;
  readonly headers: Readonly<Record<string, string>>;
  readonly keys: readonly string[];
  readonly nowMs: number;
  readonly toleranceSeconds: number;
}

/** Why the delivery would be refused. */
interface Refusal {
  readonly summary: string;
  readonly details: readonly Line[];
  readonly value: object;
}

async function check(delivery: Delivery): Promise<Refusal | undefined> {
  try {
    await checked(() => verifySignature(delivery));
    return undefined;
  } catch (error) {
    if (!ShowpadWebhookError.isInstance(error)) throw error;
    const { code, message, hint } = error;
    const details = [hint, 'Add --explain to see which of the usual mistakes it is.'];
    return { summary: `${code}: ${message}`, details, value: { code, message, hint } };
  }
}

function explain(delivery: Delivery, otherKeys: readonly SignatureKey[]): Refusal | undefined {
  const findings = explainMismatch({ ...delivery, otherKeys });
  if (findings.length === 0) return undefined;
  const mistakes = findings.filter(({ certainty }) => certainty !== 'ruled-out');
  const details = mistakes.flatMap(linesOf);
  if (!mistakes.some(({ certainty }) => certainty === 'proven')) {
    const ruledOut = findings.filter(({ certainty }) => certainty === 'ruled-out').map(({ cause }) => cause);
    details.push(
      `No usual mistake makes this signature. These were tried, alone and two at once: ${ruledOut.join(', ')}.`,
      'The delivery was signed with a key that you did not pass (see --other-key), over another body, or it is forged.',
    );
  }
  return { summary: 'The delivery would be refused.', details, value: { findings } };
}

function linesOf({ cause, certainty, detail, fix }: MismatchFinding): readonly Line[] {
  const mark =
    certainty === 'proven' ? paint('green', `Proven: ${cause}`) : paint('yellow', `Possible: ${cause}`);
  return [[mark, detail], `  ${fix}`];
}
