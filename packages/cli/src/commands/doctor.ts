import { Argument, type Command } from 'commander';
import { CliError, checked, usageError } from '../cli-error.ts';
import type { Context } from '../context.ts';
import { CHECKS, UNCHECKED } from '../doctor/checks.ts';
import { examine, type Result } from '../doctor/examine.ts';
import { EXIT } from '../exit-code.ts';
import { keyFlag } from '../flags.ts';
import { type Output, printable } from '../output.ts';
import { readKeys } from '../read-keys.ts';
import { readUrl } from '../read-url.ts';

export function addDoctor(program: Command, context: Context): void {
  program
    .command('doctor')
    .summary('check an endpoint’s answers against what keeps events safe')
    .description(
      'Sends good and bad deliveries to a running endpoint and judges its answers. Exits with 1 for a bad one.',
    )
    .addArgument(new Argument('<url>', 'the endpoint'))
    .addOption(keyFlag())
    .addHelpText(
      'after',
      `
The good deliveries are sample events, which the app handles like any other, and one has no data, on which a handler
may fail: do not aim this at production.

Examples:
  $ showpad-webhooks doctor http://127.0.0.1:3000/webhooks/showpad --key @crm.key
  $ showpad-webhooks doctor http://127.0.0.1:3000/webhooks/showpad --key @crm.key --json`,
    )
    .action((url: string, flags: { readonly key?: readonly string[] }) => doctor(url, flags.key, context));
}

async function doctor(
  address: string,
  givenKeys: readonly string[] | undefined,
  context: Context,
): Promise<void> {
  const { io, output } = context;
  const url = readUrl(address, '<url>');
  const [key = '', ...more] = await readKeys(givenKeys, io);
  if (more.length > 0) throw usageError('the endpoint is checked with one key: pass --key once.');
  const results: Result[] = [];
  try {
    await checked(async () => {
      for await (const result of examine(url, key, io.signal)) {
        results.push(result);
        tell(result, output);
      }
    });
  } catch (error) {
    throw io.signal.aborted ? new CliError('stopped before all was checked.') : error;
  }
  const count = (verdict: Result['verdict']) => results.filter((each) => each.verdict === verdict).length;
  if (count('failed') > 0) context.exitCode = EXIT.failed;
  output.note(`${count('passed')} passed, ${count('warned')} warned, ${count('failed')} failed.`);
  if (results.length <= CHECKS.length) {
    output.note('The other checks tell nothing before this one passes.');
    return;
  }
  const duplicate = results.find(({ check }) => check.id === 'duplicate');
  output.note('Not checked, since no answer shows it:');
  for (const each of UNCHECKED) output.note(`  ${each}`);
  if (duplicate?.outcome !== 'duplicate')
    output.note('  that a duplicate, which was accepted, is not handled twice');
}

const MARKS = {
  passed: ['green', 'pass'],
  warned: ['yellow', 'warn'],
  failed: ['red', 'FAIL'],
} as const;

function tell(
  { check, verdict, status, problem, outcome, durationMs }: Result,
  { result, text, paint }: Output,
): void {
  const { id, title, why, mend } = check;
  const [color, mark] = MARKS[verdict];
  const answer = status === null ? `no answer (${problem})` : `${status}`;
  const said = outcome === undefined ? answer : `${answer} ${printable(outcome)}`;
  result(`${paint(color, mark)}  ${title}: ${said}`, {
    ...{ id, verdict, status, outcome: outcome ?? null, durationMs },
    ...(problem && { problem }),
    ...(verdict !== 'passed' && { why, mend }),
  });
  if (verdict === 'passed') return;
  const isOwnTrouble = status !== null && status >= 500;
  text(`      ${why}\n      ${isOwnTrouble ? 'A 5xx is trouble in the app: see its log. ' : ''}${mend}`);
}
