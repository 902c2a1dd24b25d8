import { Argument, type Command, InvalidArgumentError, Option } from 'commander';
import type { Context } from '../context.ts';
import { RETRY_SECONDS } from '../http/retry-window.ts';
import { keyFlag, wholeNumber } from '../terminal/flags.ts';
import type { DeployCheckFlags } from './deploy-check-run.ts';

export function addDeployCheck(program: Command, context: Context): void {
  program
    .command('deploy-check')
    .description('Restart an app while it gets events, and say what a deploy would lose')
    .addArgument(new Argument('<command...>', 'Command that starts the app, after "--"'))
    .option('--port <n>', 'Port of the app, which it gets as PORT', wholeNumber(1, 65_535), 3000)
    .option('--to <url>', 'URL of the endpoint (default: /webhooks/showpad at the port on this machine)')
    .addOption(keyFlag())
    .option('--type <type>', 'Type of the events', 'shared-space-user-added')
    .addOption(
      new Option('--signal <name>', 'Signal that stops the app')
        .choices(['SIGTERM', 'SIGINT', 'SIGQUIT', 'SIGHUP'])
        .default('SIGTERM'),
    )
    .option(
      '--stop-seconds <n>',
      'How long the app may take to stop before it is killed',
      wholeNumber(1, 600),
      10,
    )
    .option('--ready-seconds <n>', 'How long the app may take to start', wholeNumber(1, 600), 20)
    .option('--rate <n>', 'How many events to send per second', wholeNumber(1, 100), 10)
    .option(
      '--retry-seconds <list>',
      'How long after its first failure an event is sent again',
      readSeconds,
      RETRY_SECONDS,
    )
    .option('--show-output', 'Show what the app prints')
    .addHelpText(
      'after',
      `
It starts the app, sends it signed events, stops it, starts it again, and follows Showpad's retries to their end. It takes
at most a minute, and ends everything that it has started. The app gets PORT, and SHOWPAD_SIGNATURE_KEY with the key of the
events. They are sample events, which the app handles like any other: run it with a test configuration.

The exit code is 1 if an event would be lost.

Examples:
  $ showpad-webhooks deploy-check -- npm start
  $ showpad-webhooks deploy-check --to http://127.0.0.1:8080/hooks/showpad --port 8080 --key @test.key -- node dist/server.js`,
    )
    .action(async (command: readonly string[], flags: DeployCheckFlags) => {
      const { deployCheck } = await import('./deploy-check-run.ts');
      await deployCheck(command, flags, context);
    });
}

function readSeconds(text: string): readonly number[] {
  const list = text.split(',').map(Number);
  const isRising = list.every((each, index) => each > (list[index - 1] ?? 0) && each <= 60);
  if (isRising) return list;
  throw new InvalidArgumentError('It must be rising numbers up to 60, such as 3,7.5,14.25.');
}
