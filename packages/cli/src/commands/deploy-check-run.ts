import { randomBytes } from 'node:crypto';
import { CliError, checked, usageError } from '../cli-error.ts';
import type { Context } from '../context.ts';
import { adviseOn } from '../deploy-check/advice.ts';
import { type Rehearsal, type RehearsalOptions, rehearse } from '../deploy-check/rehearse.ts';
import { describeEnd } from '../deploy-check/wait-until-ready.ts';
import { EXIT } from '../exit-code.ts';
import { readOneKey } from '../input/read-keys.ts';
import { readUrl } from '../input/read-url.ts';
import type { Io } from '../terminal/io.ts';
import { type Output, paint } from '../terminal/output.ts';
import { seconds } from '../terminal/seconds.ts';

export interface DeployCheckFlags {
  readonly to?: string;
  readonly port: number;
  readonly key?: readonly string[];
  readonly type: string;
  readonly signal: NodeJS.Signals;
  readonly stopSeconds: number;
  readonly readySeconds: number;
  readonly rate: number;
  readonly retrySeconds: readonly number[];
  readonly showOutput?: boolean;
}

const LIMIT_MS = 60_000;

export async function deployCheck(
  command: readonly string[],
  flags: DeployCheckFlags,
  context: Context,
): Promise<void> {
  const { io, output } = context;
  if (process.platform === 'win32') {
    throw usageError('deploy-check cannot signal an app on Windows.', 'Run it in WSL or in a container.');
  }
  const options = await readOptions(command, flags, context);
  const rehearsal = await checked(() => rehearse(options)).catch((error) => {
    throw io.signal.aborted ? new CliError('Stopped. The app was stopped too.') : error;
  });
  report(rehearsal, options, output);
  if (rehearsal.lost + rehearsal.open > 0 || !rehearsal.isBack) context.exitCode = EXIT.failed;
}

async function readOptions(
  command: readonly string[],
  flags: DeployCheckFlags,
  { io, output }: Context,
): Promise<RehearsalOptions> {
  const { port, to = `http://127.0.0.1:${port}/webhooks/showpad`, type, signal, showOutput } = flags;
  const key = await readKey(flags, io);
  return {
    command,
    env: { ...io.env, PORT: `${port}`, SHOWPAD_SIGNATURE_KEY: key },
    url: readUrl(to, '--to'),
    key,
    type,
    perSecond: flags.rate,
    retryDelaysMs: flags.retrySeconds.map((each) => each * 1_000),
    stop: { signal, graceMs: flags.stopSeconds * 1_000 },
    readyMs: flags.readySeconds * 1_000,
    limitMs: LIMIT_MS,
    signal: io.signal,
    onLine: (line) => {
      if (showOutput) output.note(`app: ${line}`);
    },
    onStep: output.note,
  };
}

/** An app that reads the variable needs no key of its own. */
async function readKey({ key }: DeployCheckFlags, io: Io): Promise<string> {
  if (!key && io.env.SHOWPAD_SIGNATURE_KEY === undefined) return randomBytes(32).toString('base64url');
  return readOneKey(key, 'The events are signed with one key.', io);
}

function report(rehearsal: Rehearsal, options: RehearsalOptions, output: Output): void {
  const { events, retried, lost, open, outageMs, failures, stopped, isBack, savedAfterNoAnswer } = rehearsal;
  const windowMs = options.retryDelaysMs.at(-1) ?? 0;
  const advice = adviseOn(rehearsal, options);
  const answers = Object.entries(failures).map(([failure, count]) => `${count} × ${failure}`);
  const isSafe = lost + open === 0 && isBack;
  output.result(
    {
      events,
      retried,
      lost,
      open,
      savedAfterNoAnswer,
      outageMs,
      windowMs,
      isBack,
      stopped,
      failures,
      advice,
    },
    [
      isSafe ? paint('green', 'ok      ') : paint('red', 'LOST    '),
      `${lost} of ${events} events lost, ${retried} saved by a retry${open > 0 ? `, ${open} never answered in time` : ''}`,
    ],
    ['window  ', outageMs === null ? 'never back' : `${seconds(outageMs)} of ${seconds(windowMs)} used`],
    ['stop    ', `${stopped.durationMs} ms`, stopped.wasKilled ? 'killed' : describeEnd(stopped)],
    answers.length > 0 ? ['failures', answers.join(', ')] : ['failures', 'none'],
  );
  for (const each of advice) output.text(`      ${each}`);
}
