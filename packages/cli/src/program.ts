import { readFileSync } from 'node:fs';
import { printableLines } from '@showpad-webhooks/core/shared';
import { Command } from 'commander';
import { addAccount } from './commands/account.ts';
import { addDeployCheck } from './commands/deploy-check.ts';
import { addDoctor } from './commands/doctor.ts';
import { addEmulator } from './commands/emulator.ts';
import { addEvents } from './commands/events.ts';
import { addInbox } from './commands/inbox.ts';
import { addListen } from './commands/listen.ts';
import { addReplay } from './commands/replay.ts';
import { addSign } from './commands/sign.ts';
import { addSubscriptions } from './commands/subscriptions.ts';
import { addTrigger } from './commands/trigger.ts';
import { addVerify } from './commands/verify.ts';
import type { Context } from './context.ts';
import { EXIT } from './exit-code.ts';
import { isOn } from './terminal/flags.ts';
import type { Io } from './terminal/io.ts';
import { createOutput } from './terminal/output.ts';

/** The commands, in the order of the help. */
const COMMANDS: readonly ((program: Command, context: Context) => void)[] = [
  addEmulator,
  addTrigger,
  addListen,
  addReplay,
  addDoctor,
  addDeployCheck,
  addVerify,
  addSign,
  addEvents,
  addInbox,
  addSubscriptions,
  addAccount,
];

/** Creates all commands, for one run. */
export function createProgram(io: Io): { readonly program: Command; readonly context: Context } {
  const { version } = JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8'));
  const program = new Command('showpad-webhooks')
    .description('Work with Showpad webhooks from a terminal (unofficial)')
    .version(version, '-V, --version', 'Show the version')
    .helpOption('-h, --help', 'Show this help')
    .helpCommand('help [command]', 'Show the help of a command')
    .option('--json', 'Print one JSON value per line, for scripts (or SHOWPAD_JSON=1)')
    .option('--quiet', 'Print nothing on stderr except errors (or SHOWPAD_QUIET=1)')
    .option('--no-color', 'Print no colours (or NO_COLOR=1)')
    .addHelpText(
      'after',
      '\nThe exit code is 0 on success, 1 on failure, 2 for wrong usage, 3 for a missing or refused token, and 4 if a delivery failed.',
    )
    .configureHelp({ showGlobalOptions: true })
    .configureOutput({
      writeOut: (text) => io.stdout.write(text),
      // An error quotes what was passed.
      writeErr: (text) => io.stderr.write(printableLines(text)),
    })
    .showHelpAfterError('Run it with --help to see how it is used.')
    .exitOverride();
  const output = createOutput(io, () => {
    const { json = isOn(io.env.SHOWPAD_JSON), quiet = isOn(io.env.SHOWPAD_QUIET), color } = program.opts();
    return { json, quiet, color };
  });
  const context: Context = { io, output, exitCode: EXIT.ok };
  for (const add of COMMANDS) add(program, context);
  return { program, context };
}
