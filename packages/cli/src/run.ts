import { ShowpadApiError } from '@showpad-webhooks/client';
import { ShowpadWebhookError } from '@showpad-webhooks/core';
import { printableLines } from '@showpad-webhooks/core/shared';
import { CommanderError } from 'commander';
import { CliError } from './cli-error.ts';
import { EXIT } from './exit-code.ts';
import { createProgram } from './program.ts';
import type { Io } from './terminal/io.ts';

/**
 * Runs the command, and never rejects.
 *
 * @param args the arguments without the interpreter and the script
 * @returns the exit code: 0 ok, 1 failed, 2 usage, 3 auth, 4 not delivered
 */
export async function run(args: readonly string[], io: Io): Promise<number> {
  const { program, context } = createProgram(io);
  try {
    await program.parseAsync([...args], { from: 'user' });
    return context.exitCode;
  } catch (error) {
    // Commander has printed the error, or the help, which is no error.
    if (error instanceof CommanderError) return error.exitCode === 0 ? EXIT.ok : EXIT.usage;
    if (io.env.SHOWPAD_DEBUG) io.stderr.write(stackOf(error));
    const { message, hint, exitCode } = toCliError(error);
    context.output.error(message, hint);
    return exitCode;
  }
}

function stackOf(error: unknown): string {
  const stack = error instanceof Error ? error.stack : undefined;
  return `${printableLines(stack ?? String(error))}\n`;
}

function toCliError(error: unknown): CliError {
  if (error instanceof CliError) return error;
  // The client wraps an error of a callback, and that error says more about the command.
  if (error instanceof Error && error.cause instanceof CliError) return error.cause;
  if (ShowpadWebhookError.isInstance(error)) return new CliError(error.message, hintOf(error));
  if (ShowpadApiError.isInstance(error)) {
    return new CliError(error.message, hintOf(error), isAuth(error) ? EXIT.auth : EXIT.failed);
  }
  return new CliError(error instanceof Error ? error.message : String(error));
}

function isAuth({ status, showpadCode }: ShowpadApiError): boolean {
  return status === 401 || status === 403 || showpadCode === 'invalid_grant';
}

/** Adds the cause, because nobody can look at `error.cause` in a terminal. The innermost one says most. */
function hintOf({ hint, cause }: ShowpadWebhookError | ShowpadApiError): string {
  let innermost = cause;
  while (innermost instanceof Error && innermost.cause instanceof Error) innermost = innermost.cause;
  return innermost instanceof Error ? `${hint} The cause was: ${innermost.message}` : hint;
}
