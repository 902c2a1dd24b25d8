import { Argument, type Command } from 'commander';
import { CliError, checked } from '../cli-error.ts';
import type { Context } from '../context.ts';
import { CHECKS, GOOD, TYPE, UNCHECKED } from '../doctor/checks.ts';
import { type Effect, readEffects } from '../doctor/effects.ts';
import { examine, isIgnored, isServerError, type Result } from '../doctor/examine.ts';
import { EXIT } from '../exit-code.ts';
import { isDelivered } from '../http/answer.ts';
import { readOneKey } from '../input/read-keys.ts';
import { readUrl } from '../input/read-url.ts';
import { keyFlag } from '../terminal/flags.ts';
import { type Output, paint } from '../terminal/output.ts';

interface DoctorFlags {
  readonly key?: readonly string[];
  readonly probe?: string;
}

export function addDoctor(program: Command, context: Context): void {
  program
    .command('doctor')
    .description('Check that an endpoint neither loses events nor accepts forged ones')
    .addArgument(new Argument('<url>', 'URL of the endpoint'))
    .addOption(keyFlag())
    .option(
      '--probe <url>',
      'URL where the app says how often its handlers ran for each event id (see the README)',
    )
    .addHelpText(
      'after',
      `
It sends good and bad deliveries to a running endpoint, and judges its answers. The good ones are sample events, which
the app handles like any other, and one of them has no data, so a handler may fail. Do not use it on production.
The exit code is 1 if a check failed.

Examples:
  $ showpad-webhooks doctor http://127.0.0.1:3000/webhooks/showpad --key @crm.key
  $ showpad-webhooks doctor http://127.0.0.1:3000/webhooks/showpad --key @crm.key --json`,
    )
    .action((url: string, flags: DoctorFlags) => doctor(url, flags, context));
}

async function doctor(address: string, flags: DoctorFlags, context: Context): Promise<void> {
  const { io, output } = context;
  const url = readUrl(address, '<url>');
  const probe = flags.probe === undefined ? undefined : readUrl(flags.probe, '--probe');
  const key = await readOneKey(flags.key, 'The endpoint is checked with one key.', io);
  const results: Result[] = [];
  const effects: Effect[] = [];
  try {
    await checked(async () => {
      for await (const result of examine(url, key, io.signal)) {
        results.push(result);
        report(result, output);
      }
    });
    if (probe && results.length > CHECKS.length)
      effects.push(...(await readEffects(probe, results, io.signal)));
  } catch (error) {
    throw io.signal.aborted ? new CliError('Stopped before everything was checked.') : error;
  }
  const count = (verdict: Result['verdict']) => results.filter((each) => each.verdict === verdict).length;
  if (effects.length > 0 && !reportEffects(effects, output)) context.exitCode = EXIT.failed;
  if (count('failed') > 0) context.exitCode = EXIT.failed;
  output.note(`${count('passed')} passed, ${count('warned')} warned, ${count('failed')} failed.`);
  const [good] = results;
  // A page that answers every path, or a login page, accepts anything.
  if (good?.origin && isDelivered(good.status)) output.note(`${good.check.title}: ${good.origin}`);
  if (results.length <= CHECKS.length) {
    output.note('The other checks were skipped, because they need an endpoint that passes this one.');
    return;
  }
  output.note('The answers do not show the following, so check it yourself:');
  for (const each of UNCHECKED) output.note(`  ${each}`);
  if (effects.length > 0) return;
  const duplicate = results.find(({ check }) => check.id === 'duplicate');
  if (duplicate?.outcome.outcome !== 'duplicate') {
    output.note('  A duplicate, which was accepted, is not handled twice.');
  }
}

/** Returns whether the app did what it answered. */
function reportEffects(effects: readonly Effect[], output: Output): boolean {
  const wrong = effects.filter(({ count, expected }) => count !== expected);
  const verdict = wrong.length === 0 ? 'passed' : 'failed';
  const handled = effects.filter(({ expected }) => expected === 1).length;
  const said = `${handled} accepted events handled once each, ${effects.length - handled} refused ones never`;
  output.result({ id: 'effects', verdict, effects }, [MARKS[verdict], `what the handlers did: ${said}`]);
  for (const { title, count, expected } of wrong) {
    output.text(
      `      ${title}: the handlers ran ${count} times, and not ${expected === 1 ? 'once' : 'never'}.`,
    );
  }
  return wrong.length === 0;
}

const MARKS = {
  passed: paint('green', 'pass'),
  warned: paint('yellow', 'warn'),
  failed: paint('red', 'FAIL'),
} as const;

/** Why a check of this kind gives a warning. */
const WARNINGS: Readonly<Record<string, string>> = {
  refuse:
    'It was not accepted, but only a 4xx says that a delivery was refused. Any other answer looks like a failure of the app.',
  keep: 'Showpad never retries a 422, so the event is lost. That is right only if no retry can help.',
};

const IGNORED = {
  why: `The app has no handler for the type "${TYPE}", so it discarded the event. If it handles other types, that is right.`,
  fix: 'If it should handle this one, register a handler in the process that answers at this URL.',
};

function report(
  { check, verdict, status, outcome, answer, advice, origin, durationMs }: Result,
  output: Output,
): void {
  const { id, title, expect } = check;
  const finding = isIgnored(check, outcome)
    ? IGNORED
    : { why: check.why, fix: fixFor(check, status, advice) };
  const why = verdict === 'warned' ? (WARNINGS[expect] ?? finding.why) : finding.why;
  const { fix } = finding;
  const value = { id, verdict, status, ...outcome, durationMs, ...(status === null && { problem: answer }) };
  output.result(verdict === 'passed' ? value : { ...value, origin, why, fix }, [
    MARKS[verdict],
    `${title}: ${answer}`,
  ]);
  if (verdict === 'passed') return;
  for (const sentences of [why, origin, fix]) if (sentences) output.text(`      ${sentences}`);
}

/** An answer says most about the good delivery, or if the app failed. Otherwise the check knows the mistake. */
function fixFor(check: Result['check'], status: number | null, advice: string | undefined): string {
  if (advice === undefined) return check.fix;
  if (check === GOOD) return advice;
  return status === null || isServerError(status) ? `${advice} ${check.fix}` : check.fix;
}
