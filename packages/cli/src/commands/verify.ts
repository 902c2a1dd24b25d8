import { ShowpadWebhookError, type SignatureKey, verifySignature } from '@showpad-webhooks/core';
import { explainMismatch, type MismatchFinding } from '@showpad-webhooks/core/explain';
import type { Command } from 'commander';
import { checked, usageError } from '../cli-error.ts';
import type { Context } from '../context.ts';
import { EXIT } from '../exit-code.ts';
import { flag, keyFlag, listFlag, numberFlag } from '../flags.ts';
import type { Output } from '../output.ts';
import { readInput } from '../read-input.ts';
import { readKeys, readNamedKeys } from '../read-keys.ts';

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

const HEADER = { timestamp: 'x-showpad-signature-timestamp', signature: 'x-showpad-signature-v1' } as const;
const MAX_SECONDS = 999_999_999_999_999;

export function addVerify(program: Command, context: Context): void {
  program
    .command('verify')
    .summary('check a signature, and say why it does not hold')
    .description('Checks the signature of a delivery. Exits with 1 where it does not hold.')
    .addOption(flag('--body <body>', 'the exact bytes: @file, - for stdin, or text').makeOptionMandatory())
    .addOption(flag('--timestamp <text>', `text of ${HEADER.timestamp}`).makeOptionMandatory())
    .addOption(flag('--signature <text>', `text of ${HEADER.signature}`).makeOptionMandatory())
    .addOption(keyFlag())
    .addOption(numberFlag('--tolerance-seconds <n>', 'how old it may be (default: 300)', 1, MAX_SECONDS))
    .addOption(numberFlag('--now <seconds>', 'unix time to check it at (default: now)', 1, MAX_SECONDS))
    .addOption(flag('--explain', 'say which of the usual mistakes it is'))
    .addOption(listFlag('--other-key <name=key>', 'with --explain: a key that may have signed instead'))
    .addHelpText(
      'after',
      `
Examples:
  $ showpad-webhooks verify --body @body.json --timestamp 1669302166 --signature 8leD…BFg= --key @crm.key
  $ showpad-webhooks verify --explain --body - --timestamp … --signature … --key @crm.key < body.json
  $ showpad-webhooks verify --explain --other-key marketing=@marketing.key --key @crm.key …`,
    )
    .action((flags: VerifyFlags) => verify(flags, context));
}

async function verify(flags: VerifyFlags, context: Context): Promise<void> {
  const { io, output } = context;
  if (flags.otherKey && !flags.explain)
    throw usageError('--other-key is looked at by --explain alone: add it.');
  const delivery: Delivery = {
    body: await readInput(flags.body, '--body', io),
    timestamp: flags.timestamp,
    signature: flags.signature,
    keys: await readKeys(flags.key, io),
    nowSeconds: flags.now ?? Math.floor(Date.now() / 1000),
    toleranceSeconds: flags.toleranceSeconds ?? 300,
  };
  const refusal = flags.explain
    ? explain(delivery, await readNamedKeys(flags.otherKey ?? [], io), output)
    : await check(delivery);
  if (refusal) {
    output.result(output.paint('red', refusal.line), { isValid: false, ...refusal.value });
    output.text(refusal.text);
    context.exitCode = EXIT.failed;
    return;
  }
  const ageSeconds = delivery.nowSeconds - Number(delivery.timestamp);
  const when = ageSeconds < 0 ? `${-ageSeconds} s ahead` : `${ageSeconds} s ago`;
  output.result(output.paint('green', `The signature holds, made ${when}.`), { isValid: true, ageSeconds });
}

interface Delivery {
  readonly body: Buffer;
  readonly timestamp: string;
  readonly signature: string;
  readonly keys: readonly string[];
  readonly nowSeconds: number;
  readonly toleranceSeconds: number;
}

interface Refusal {
  readonly line: string;
  readonly text: string;
  readonly value: object;
}

async function check(delivery: Delivery): Promise<Refusal | undefined> {
  const { timestamp, signature, nowSeconds, ...given } = delivery;
  const headers = { [HEADER.timestamp]: timestamp, [HEADER.signature]: signature };
  try {
    await checked(() => verifySignature({ ...given, headers, nowMs: nowSeconds * 1000 }));
    return undefined;
  } catch (error) {
    if (!ShowpadWebhookError.isInstance(error)) throw error;
    const { code, message, hint } = error;
    const text = `${hint}\n--explain says which of the usual mistakes it is.`;
    return { line: `${code}: ${message}.`, text, value: { code, message, hint } };
  }
}

function explain(
  delivery: Delivery,
  otherKeys: readonly SignatureKey[],
  output: Output,
): Refusal | undefined {
  const findings = explainMismatch({ ...delivery, otherKeys });
  if (findings.length === 0) return undefined;
  const found = findings.filter(({ certainty }) => certainty !== 'ruled-out');
  const told = found.map((finding) => lineOf(finding, output));
  if (!found.some(({ certainty }) => certainty === 'proven')) {
    const ruledOut = findings.filter(({ certainty }) => certainty === 'ruled-out').map(({ cause }) => cause);
    told.push(
      `None of the usual mistakes, alone or with another: ${ruledOut.join(', ')}.`,
      'So it is a key that was not given (see --other-key), another body, or a forgery.',
    );
  }
  return { line: 'It would be refused.', text: told.join('\n'), value: { findings } };
}

function lineOf({ cause, certainty, detail, mend }: MismatchFinding, { paint }: Output): string {
  const mark = certainty === 'proven' ? paint('green', 'This is it') : paint('yellow', 'This too');
  return `${mark} (${cause}): ${detail}\n  ${mend}`;
}
