import { readFileSync } from 'node:fs';
import { Command } from 'commander';
import { addAccount } from './commands/account.ts';
import { addCompletion } from './commands/completion.ts';
import { addDoctor } from './commands/doctor.ts';
import { addEmulator } from './commands/emulator.ts';
import { addEvents } from './commands/events.ts';
import { addListen } from './commands/listen.ts';
import { addReplay } from './commands/replay.ts';
import { addSign } from './commands/sign.ts';
import { addSubscriptions } from './commands/subscriptions.ts';
import { addTrigger } from './commands/trigger.ts';
import { addVerify } from './commands/verify.ts';
import type { Context } from './context.ts';
import { EXIT } from './exit-code.ts';
import { flag } from './flags.ts';
import type { Io } from './io.ts';
import { createOutput } from './output.ts';

/** The commands, in the order of the help. */
const COMMANDS: readonly ((program: Command, context: Context) => void)[] = [
  addEmulator,
  addTrigger,
  addListen,
  addReplay,
  addDoctor,
  addVerify,
  addSign,
  addEvents,
  addSubscriptions,
  addAccount,
  addCompletion,
];

/** The whole tree of commands, for one run. */
export function createProgram(io: Io): { readonly program: Command; readonly context: Context } {
  const { version } = JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8'));
  const program = new Command('showpad-webhooks')
    .description('Showpad webhooks from a terminal. Unofficial.')
    .version(version)
    .addOption(flag('--json', 'one JSON value per line, for scripts'))
    .addOption(flag('--quiet', 'nothing on stderr but errors'))
    .option('--no-color', 'no colours, as with NO_COLOR')
    .addHelpText(
      'after',
      `
Every flag has an environment variable, named in the help of its command; a flag without a value is on
where its variable is set, but to 0 or false.
Exit codes: 0 ok, 1 failed, 2 usage, 3 auth, 4 not delivered.`,
    )
    .configureHelp({ showGlobalOptions: true })
    .configureOutput({
      writeOut: (text) => io.stdout.write(text),
      writeErr: (text) => io.stderr.write(text),
    })
    .showHelpAfterError('See --help.')
    .exitOverride();
  const output = createOutput(io, () => program.opts());
  const context: Context = { io, output, exitCode: EXIT.ok };
  for (const add of COMMANDS) add(program, context);
  return { program, context };
}
